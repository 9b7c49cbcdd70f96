import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { fileFault } from './file-fault.ts';

const hint = 'Name a file in a directory that you may write to.';

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
      throw fileFault(file, error, hint);
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
