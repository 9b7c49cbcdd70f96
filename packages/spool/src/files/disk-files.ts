import { open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises';

/** A logger as pino has it. */
export type SpoolLogger = Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>;

/** What a spool does with an open file. */
export type SpoolFile = Pick<FileHandle, 'read' | 'write' | 'datasync' | 'sync' | 'truncate' | 'stat' | 'close'>;

/** The file operations of a spool, so that tests can let a disk fail. */
export type Files = {
  open(path: string, flags: string, mode?: number): Promise<SpoolFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  list(dir: string): Promise<string[]>;
};

/** The operations of the operating system. */
export const diskFiles: Files = { open, rename, unlink, list: (dir) => readdir(dir) };

/** Writes all of `bytes`, in several steps if the system takes only part of them. */
export async function writeAll(file: SpoolFile, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    if (bytesWritten === 0) throw Object.assign(new Error('the disk takes no more bytes'), { code: 'ENOSPC' });
    done += bytesWritten;
  }
}

/** Reads `length` bytes from `at` on, or fewer if the file ends before. */
export async function readBytes(
  file: SpoolFile,
  at: number,
  length: number,
  bytes: Buffer = Buffer.allocUnsafe(length),
): Promise<Buffer> {
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/** Makes the names in a directory durable. */
export async function syncDirectory(files: Files, dir: string): Promise<void> {
  const handle = await files.open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Says whether an error means that there is no such file. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
