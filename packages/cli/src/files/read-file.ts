import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CliError } from '../terminal/cli-error.ts';

const readingFaults: Record<string, [what: string, hint: string]> = {
  ENOENT: ['does not exist', 'Check the path.'],
  ENOTDIR: ['does not exist', 'Check the path: a part of it is a file, not a directory.'],
  EISDIR: ['is a directory', 'Name a file.'],
  EACCES: ['cannot be read: you have no permission', 'Check its owner and its mode, and those of its directories.'],
  EPERM: ['cannot be read: you have no permission', 'Check its owner and its mode, and those of its directories.'],
};

/** Returns the error for a file that the user named and that cannot be read. */
export function namedFileFault(file: string, error: unknown): CliError {
  const { code } = error as NodeJS.ErrnoException;
  const [what, usual] = readingFaults[code ?? ''] ?? [
    `cannot be read (${code ?? 'unknown reason'})`,
    'Check the path.',
  ];
  const hint = code === 'ENOENT' && path.basename(file) === '-' ? 'For standard input, write /dev/stdin.' : usual;
  return new CliError('local-file', `${file} ${what}`, hint, { cause: error });
}

/** Reads a file that the user named. Throws a CliError that says why it cannot be read. */
export function readNamedFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw namedFileFault(file, error);
  }
}
