import path from 'node:path';
import type { Environment } from '../../environment/environment.ts';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { isToken } from '../../home/stored-credential.ts';
import { namedFileFault } from '../../files/read-file.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { shellWord } from '../../terminal/for-terminal.ts';

/** Refuses a text that is not a token. Never shows it. */
function requireToken(text: string, source: string): string {
  const token = text.trim();
  if (isToken(token)) return token;
  throw new CliError(
    'local-file',
    `${source} has no token`,
    'Give it the token that "sallyport agent create" printed, and nothing else.',
  );
}

/** Reads a file that has a token, and that only its owner can read. Throws a CliError. */
function readTokenFile(file: string, platform: Environment['platform']): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    // Of the file that is open, because another could take its place between two looks.
    const { mode } = fstatSync(descriptor);
    if (platform !== 'win32' && (mode & 0o077) !== 0)
      throw new CliError(
        'local-file',
        `${file} can be read by others`,
        `To keep its token yours, run: chmod 600 ${shellWord(file)}`,
      );
    return requireToken(readFileSync(descriptor, 'utf8'), file);
  } catch (error) {
    throw error instanceof CliError ? error : namedFileFault(file, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Where a token comes from other than a login. `read` reads it anew, because a file may get another one. */
export type GivenToken = { source: string; read(): string };

/** Finds the token in `--token-file` or SALLYPORT_TOKEN. Returns undefined if none is given. Throws a CliError. */
export function findToken(environment: Environment, tokenFile: string | undefined): GivenToken | undefined {
  const variable = environment.env.SALLYPORT_TOKEN ?? '';
  if (tokenFile === undefined && variable === '') return undefined;
  const given: GivenToken =
    tokenFile === undefined
      ? { source: 'SALLYPORT_TOKEN', read: () => requireToken(variable, 'SALLYPORT_TOKEN') }
      : {
          source: tokenFile,
          read: () => readTokenFile(path.resolve(environment.workingDirectory, tokenFile), environment.platform),
        };
  given.read();
  return given;
}
