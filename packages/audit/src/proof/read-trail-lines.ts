import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { findTrailFiles } from '@sallyport/audit-log/trail-files';

const newline = 0x0a;

/** Reads the lines of a file. Leaves out a last one without an end, which may still be written. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file)) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    const end = bytes.lastIndexOf(newline);
    if (end !== -1) yield* bytes.toString('utf8', 0, end).split('\n');
    rest = bytes.subarray(end + 1);
  }
}

/** Reads the lines of a trail in files, in their order. Files that are deleted meanwhile are left out. */
export async function* readTrailLines(directory: string): AsyncGenerator<string> {
  for (const { name } of findTrailFiles(await readdir(directory))) {
    try {
      yield* linesOf(path.join(directory, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
