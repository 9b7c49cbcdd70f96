import { createReadStream } from 'node:fs';
import path from 'node:path';
import { namedFileFault } from '../../files/named-file.ts';
import { readLines } from '../../files/read-lines.ts';
import type { Environment } from '../../environment/environment.ts';

/** A source of recorded events. Calls `take` with each batch and the number of events in it that cannot be read. */
export type EventSource = (take: (events: readonly unknown[], unreadable: number) => void) => Promise<void>;

const maxLineBytes = 4 * 1024 * 1024;
const chunkBytes = 256 * 1024;

async function takeLines(bytes: AsyncIterable<Uint8Array>, take: Parameters<EventSource>[0]): Promise<void> {
  for await (const lines of readLines(bytes, maxLineBytes)) {
    const events: unknown[] = [];
    let unreadable = 0;
    for (const line of lines) {
      try {
        if ('tooLong' in line) unreadable += 1;
        else events.push(JSON.parse(line.text));
      } catch {
        unreadable += 1;
      }
    }
    take(events, unreadable);
  }
}

/** Reads events from files, one per line. `-` is standard input. */
export function fileSource(environment: Environment, names: readonly string[]): EventSource {
  return async (take) => {
    for (const name of names) {
      if (name === '-') {
        await takeLines(environment.stdin, take);
        continue;
      }
      const file = path.resolve(environment.workingDirectory, name);
      try {
        await takeLines(createReadStream(file, { highWaterMark: chunkBytes }), take);
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === undefined ? error : namedFileFault(file, error);
      }
    }
  };
}
