import { CliError } from '../terminal/cli-error.ts';
import {
  existsSync,
  mkdirSync,
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import type { Environment } from '../environment/environment.ts';

const reasons: Record<string, string> = {
  EACCES: 'you have no permission',
  EPERM: 'you have no permission',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your disk quota is used up',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'it is a directory',
  ENOENT: 'it cannot be created there',
  ELOOP: 'its symbolic links form a circle',
};

/** Returns the error for a file that cannot be read or written. `hint` says what to do about it. */
export function fileFault(file: string, error: unknown, hint: string): CliError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
  const reason = reasons[code];
  return new CliError(
    'local-file',
    `${file} cannot be used${reason === undefined ? '' : `: ${reason}`} (${code})`,
    hint,
    { cause: error },
  );
}

/**
 * Creates a directory and its missing parents, with mode 0700. The `recursive` option of Node.js never returns below a
 * directory like /proc, where every new name "does not exist".
 */
export function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const parent = path.dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Another process may have created it in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * Replaces a file in one step, with mode 0600. Readers see either the old or the new content, never a part of it. The
 * directory must exist.
 */
export function writeFileAtomically(file: string, content: string, options: { sync?: boolean } = {}): void {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(handle, content);
      if (options.sync === true) fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

type NewFile = { write(chunk: Buffer): Promise<void>; commit(): Promise<void>; abandon(): void };

/**
 * Opens a file that is written in pieces, with mode 0600. It takes the place of the old one on commit, as a whole; after
 * `abandon`, the old one is as it was. Throws a CliError if it cannot be written.
 */
export async function openNewFile(file: string): Promise<NewFile> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw fileFault(file, error, 'Name a file in a directory that you may write to.');
    }
  };
  const handle = await guard(() => open(temporary, 'wx', 0o600));
  return {
    write: (chunk) => guard(() => handle.appendFile(chunk)),
    commit: () =>
      guard(async () => {
        await handle.sync();
        await handle.close();
        await rename(temporary, file);
      }),
    abandon: () => {
      rmSync(temporary, { force: true });
      void handle.close().catch(() => undefined);
    },
  };
}

/**
 * Returns a file for a secret that does not exist yet, with mode 0600. An existing one is refused before anything is asked
 * of the gateway: a secret that is shown once must not be lost, and no other file overwritten.
 */
export function newSecretFile(environment: Pick<Environment, 'workingDirectory'>, named: string, option: string) {
  const file = path.resolve(environment.workingDirectory, named);
  if (existsSync(file))
    throw new CliError('local-file', `${file} exists already`, `Delete it first, or name another file with ${option}.`);
  if (!existsSync(path.dirname(file)))
    throw new CliError('local-file', `${path.dirname(file)} does not exist`, 'Create the directory first.');
  return {
    file,
    write(text: string): void {
      try {
        writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
      } catch (error) {
        throw fileFault(file, error, 'Name another file, or check the owner and the mode of its directory.');
      }
    },
  };
}
