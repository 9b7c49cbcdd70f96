import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../environment/environment.ts';
import { fileFault } from './file-fault.ts';
import { CliError } from '../terminal/cli-error.ts';

const hint = 'Name another file, or check the owner and the mode of its directory.';

/** A file that is to be created for a secret, with mode 0600. */
type NewSecretFile = { file: string; write(text: string): void };

/**
 * Returns a file that does not exist yet. An existing one is refused before anything is asked of the gateway: a secret
 * that is shown once must not be lost, and no other file overwritten.
 */
export function newSecretFile(
  environment: Pick<Environment, 'workingDirectory'>,
  named: string,
  option: string,
): NewSecretFile {
  const file = path.resolve(environment.workingDirectory, named);
  if (existsSync(file))
    throw new CliError('local-file', `${file} exists already`, `Delete it first, or name another file with ${option}.`);
  if (!existsSync(path.dirname(file)))
    throw new CliError('local-file', `${path.dirname(file)} does not exist`, 'Create the directory first.');
  return {
    file,
    write(text) {
      try {
        writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
      } catch (error) {
        throw fileFault(file, error, hint);
      }
    },
  };
}
