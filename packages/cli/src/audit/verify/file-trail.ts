import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { repeatsMember, type TrailPlace, type Verifier } from '@sallyport/audit-proof';
import type { Environment } from '../../environment/environment.ts';
import { namedFileFault } from '../../files/read-file.ts';
import { readLines, type Line } from '../../files/read-lines.ts';
import { fieldOf } from '../../input/untrusted.ts';
import type { ReadTrail, TrailSource } from './topic-trail.ts';

/** Longer lines are not events. */
export const maxLineBytes: number = 4 * 1024 * 1024;
const chunkBytes = 256 * 1024;
const newline = 0x0a;

/** The last byte of a source. */
type Last = { byte: number };

async function* noteLast(bytes: AsyncIterable<Uint8Array>, last: Last): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    last.byte = chunk.at(-1) ?? last.byte;
    yield chunk;
  }
}

type Taking = {
  verifier: Verifier;
  /** A consumer of several partitions wrote the file, so only the events of one key are in order. */
  byKey?: boolean;
  /** The gateway may be writing the last line. */
  mayGrow?: boolean;
  /** Called with the time of each event. */
  onTime?(time: string): void;
};

/** Returns why a line says that events were left out, if it does. */
function filterOf(value: unknown): string | undefined {
  const filtered = fieldOf(fieldOf(value, 'export'), 'filtered');
  return filtered === true ? 'it is a filtered export' : undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** Reports whether `JSON.stringify` wrote the text. Then it cannot have a member twice. */
function isWrittenLike(value: unknown, text: string): boolean {
  try {
    return JSON.stringify(value) === text;
  } catch {
    return false; // more levels than the stack
  }
}

/** Takes a line of a file: the data of an event, with its envelope in `cloudEvent`. */
function takeLine(line: Line, place: TrailPlace, taking: Taking, isLast: () => boolean): ReadTrail {
  const { verifier, byKey, mayGrow, onTime } = taking;
  if ('tooLong' in line) {
    verifier.addUnreadable('', place, `the line has ${line.tooLong} bytes, which is too long for an event`);
    return {};
  }
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch {
    if (!mayGrow || !isLast()) verifier.addUnreadable(line.text, place, 'the line is not JSON', isLast());
    return {};
  }
  if (!isWrittenLike(value, line.text) && repeatsMember(line.text)) {
    verifier.addUnreadable(line.text, place, 'the line has a member twice');
    return {};
  }
  const filtered = filterOf(value);
  if (filtered !== undefined) return { filtered };
  const envelope = fieldOf(value, 'cloudEvent');
  // The last line of an export is about the export.
  if (envelope === undefined && fieldOf(value, 'export') !== undefined) return {};
  const [id, type, time, key] = ['id', 'type', 'time', 'key'].map((name) => fieldOf(envelope, name));
  if (!isText(id) || !isText(type) || !isText(time) || typeof value !== 'object') {
    verifier.addUnreadable(line.text, place, 'the line has no envelope');
    return {};
  }
  const { cloudEvent: _envelope, ...data } = value as Record<string, unknown>;
  onTime?.(time);
  verifier.add({ id, type, time, data, place, ...(byKey && isText(key) ? { part: key } : {}) });
  return {};
}

/** Reads one file. */
export async function takeFile(
  bytes: AsyncIterable<Uint8Array>,
  source: string,
  taking: Taking,
  onRead: (count: number) => void,
): Promise<ReadTrail> {
  const last: Last = { byte: newline };
  let read: ReadTrail = {};
  for await (const lines of readLines(noteLast(bytes, last), maxLineBytes)) {
    for (const line of lines) {
      // A line without its end comes alone, after everything else was read.
      const isLast = () => lines.length === 1 && last.byte !== newline;
      read = { ...read, ...takeLine(line, { source, position: line.number }, taking, isLast) };
    }
    onRead(lines.length);
  }
  return read;
}

/** Opens a file, which may be packed. */
export function openFile(file: string): AsyncIterable<Uint8Array> {
  const bytes = createReadStream(file, { highWaterMark: chunkBytes });
  if (!file.endsWith('.gz')) return bytes;
  const unpacked = createGunzip();
  bytes.on('error', (error) => unpacked.destroy(error));
  return bytes.pipe(unpacked);
}

/** Reads a trail from files, one event per line. They are read in the given order. `-` is standard input. */
export function fileTrail(environment: Environment, names: readonly string[], byKey: boolean): TrailSource {
  return async (verifier, onRead) => {
    const taking = { verifier, byKey };
    let read: ReadTrail = {};
    for (const name of names) {
      if (name === '-') {
        read = { ...read, ...(await takeFile(environment.stdin, 'standard input', taking, onRead)) };
        continue;
      }
      const file = path.resolve(environment.workingDirectory, name);
      try {
        read = { ...read, ...(await takeFile(openFile(file), name, taking, onRead)) };
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === undefined ? error : namedFileFault(file, error);
      }
    }
    return read;
  };
}
