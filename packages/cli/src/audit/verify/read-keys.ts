import path from 'node:path';
import { readCheckpointKeys, type CheckpointKeys } from '@sallyport/audit-proof';
import type { Environment } from '../../environment/environment.ts';
import { readNamedFile } from '../../files/read-file.ts';
import { CliError } from '../../terminal/cli-error.ts';

/** Reads the public keys of checkpoints from a file that the user named. */
export function readKeys(environment: Environment, name: string | undefined): CheckpointKeys | undefined {
  if (name === undefined) return undefined;
  const file = path.resolve(environment.workingDirectory, name);
  const text = readNamedFile(file);
  try {
    return readCheckpointKeys(text);
  } catch (error) {
    const hint = 'Give a JWKS, such as the output of `sallyport audit keys -o json`, or public keys in PEM.';
    throw new CliError('local-file', `${file} has no keys: ${(error as Error).message}`, hint, { cause: error });
  }
}
