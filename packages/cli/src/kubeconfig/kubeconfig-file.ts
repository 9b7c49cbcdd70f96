import { closeSync, openSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readIfThere } from '../home/home.ts';
import { makeDirectory, fileFault, writeFileAtomically } from '../files/write-file.ts';
import { CliError } from '../terminal/cli-error.ts';

const kubeconfigFault = (file: string, error: unknown) =>
  fileFault(
    file,
    error,
    'Check the owner and the mode of the file and its directory, or name another file in KUBECONFIG.',
  );

const realFile = (file: string) => {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
};

/** Rewrites a kubeconfig in one step, with mode 0600, under the lock that kubectl uses too (`<file>.lock`). */
export function updateKubeconfig<T extends { text: string }>(file: string, change: (text: string) => T): T {
  const lock = `${file}.lock`;
  try {
    makeDirectory(path.dirname(file));
    closeSync(openSync(lock, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw kubeconfigFault(file, error);
    throw new CliError(
      'local-file',
      `${file} is locked: another program is changing it`,
      `Try again. If no kubectl is running, delete ${lock}.`,
    );
  }
  try {
    const changed = change(readIfThere(file) ?? '');
    writeFileAtomically(realFile(file), changed.text, { sync: true });
    return changed;
  } catch (error) {
    throw error instanceof CliError ? error : kubeconfigFault(file, error);
  } finally {
    rmSync(lock, { force: true });
  }
}
