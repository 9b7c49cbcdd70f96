import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { makeDirectory } from './make-directory.ts';

/** Reports whether a process exists, also if it belongs to another user. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function holderOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 && pid !== process.pid && isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

const unwritable = (directory: string, error: unknown) =>
  new Error(
    `cannot write to the state directory ${directory} (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}). Choose one that you can write to with --state-dir`,
    { cause: error },
  );

/**
 * Creates the state directory and claims it for this process. Throws if another demo uses it, or if it cannot be written.
 * Returns a function that gives it up.
 */
export function claimStateDir(directory: string): () => void {
  const file = path.join(directory, 'demo.pid');
  let holder: number | undefined;
  try {
    makeDirectory(directory);
    for (;;) {
      try {
        // Two demos that start at the same moment cannot both create it.
        writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 });
        return () => rmSync(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      holder = holderOf(file);
      if (holder !== undefined) break;
      rmSync(file, { force: true });
    }
  } catch (error) {
    throw unwritable(directory, error);
  }
  throw new Error(
    `another demo (process ${holder}) uses the state directory ${directory}. Stop it, or choose another directory with --state-dir. If that process is no demo, delete ${file}`,
  );
}
