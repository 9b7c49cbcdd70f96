import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { constants, createReadStream } from 'node:fs';
import { access, link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StoreConflict, type RecordingStore, type SourceFile } from './recording-store.ts';

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What a link fails with that can never be made: across file systems, or on one that knows no links. */
const isNoLink = (error: unknown): boolean =>
  ['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK'].some((code) => isCode(error, code));

/** Gives a file its name in the store too, which costs less than a copy. Returns false if that cannot be done. */
async function linkNew(path: string, source: string): Promise<boolean> {
  const handle = await open(source, 'r');
  try {
    // What a process left that was killed may not be on the disk yet.
    await handle.datasync();
  } finally {
    await handle.close();
  }
  try {
    await link(source, path);
    return true;
  } catch (error) {
    if (isNoLink(error)) return false;
    throw error;
  }
}

/** Writes a file that is not there yet, with all its bytes or not at all. */
async function writeNew(path: string, bytes: Buffer): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.new`;
  try {
    const handle = await open(unfinished, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Unlike a rename, a link does not replace a file.
    await link(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** Opens a directory as a store: a folder for each recording, as in a bucket. */
export function openDirectoryStore(dir: string): RecordingStore {
  const pathOf = (recording: string, file: string): string => join(dir, recording, file);
  return {
    async put(recording, file, { path: source, sha256, read }: SourceFile) {
      const path = pathOf(recording, file);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      try {
        if (!(await linkNew(path, source))) await writeNew(path, await read());
        await syncDirectory(dirname(path));
      } catch (error) {
        if (!isCode(error, 'EEXIST')) throw error;
        const there = createHash('sha256')
          .update(await readFile(path))
          .digest('hex');
        if (there !== sha256) throw new StoreConflict(`${path} has other content`);
      }
    },
    async get(recording, file) {
      const stream = createReadStream(pathOf(recording, file));
      try {
        await once(stream, 'open');
        return stream;
      } catch (error) {
        if (isCode(error, 'ENOENT')) return undefined;
        throw error;
      }
    },
    async check() {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await access(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    },
    close() {},
  };
}
