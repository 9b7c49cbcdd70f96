import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Environment } from '../../environment/environment.ts';
import { isToken } from '../../home/stored-credential.ts';
import { namedFileFault } from '../../files/named-file.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { shellWord } from '../../terminal/shell-word.ts';

/** Refuses a text that is not a token. Never shows it. */
export function requireToken(text: string, source: string): string {
  const token = text.trim();
  if (isToken(token)) return token;
  throw new CliError(
    'local-file',
    `${source} has no token`,
    'Give it the token that "sallyport agent create" printed, and nothing else.',
  );
}

/** Reads a file that has a token, and that only its owner can read. Throws a CliError. */
export function readTokenFile(file: string, platform: Environment['platform']): string {
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
