import { statSync } from 'node:fs';
import path from 'node:path';
import { makeDirectory } from '../../files/make-directory.ts';
import { readIfThere } from '../../home/home.ts';
import { writeFileAtomically } from '../../files/write-file-atomically.ts';
import { fileFault } from '../../files/file-fault.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { readTokenClaims } from '../kube/token-claims.ts';
import { shellWord } from '../../terminal/shell-word.ts';

export type PlannedFile = { file: string; text: string };

const hint = 'Name a directory with --out in which you may create files.';

const differs = (file: string) =>
  new CliError(
    'local-file',
    `${file} exists already and has other content, so it is not overwritten`,
    'Move it away, name another directory with --out, or overwrite it with --force.',
  );

/** Throws a CliError if a file exists with other content. */
export function refuseOtherFiles(files: readonly PlannedFile[]): void {
  for (const { file, text } of files) {
    const present = readIfThere(file);
    if (present !== undefined && present !== text) throw differs(file);
  }
}

/** Throws a CliError if a file exists and is not a token of this ServiceAccount, which a new token may replace. */
export function refuseOtherToken(file: string, subject: string): void {
  const present = readIfThere(file);
  if (present !== undefined && readTokenClaims(present.trim())?.subject !== subject) throw differs(file);
}

/** Creates the directory with mode 0700. Returns a warning if it exists and others can look into it. */
export function prepareDirectory(directory: string, platform: NodeJS.Platform): string | undefined {
  try {
    makeDirectory(directory);
    const found = statSync(directory);
    if (!found.isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
    if (platform === 'win32' || (found.mode & 0o077) === 0) return undefined;
    return `others can look into ${directory}. To fix this, run: chmod 700 ${shellWord(directory)}`;
  } catch (error) {
    throw fileFault(directory, error, hint);
  }
}

/** Writes a file with mode 0600, in one step. Returns false if it had the same content already. */
export function writeClusterFile({ file, text }: PlannedFile): boolean {
  if (readIfThere(file) === text) return false;
  try {
    writeFileAtomically(path.resolve(file), text, { sync: true });
  } catch (error) {
    throw fileFault(file, error, hint);
  }
  return true;
}
