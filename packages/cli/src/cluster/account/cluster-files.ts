import { statSync } from 'node:fs';
import path from 'node:path';
import { makeDirectory, fileFault, writeFileAtomically } from '../../files/write-file.ts';
import { readIfThere } from '../../home/home.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { readTokenClaims } from '../kube/kube-client.ts';
import { shellWord } from '../../terminal/for-terminal.ts';
import { stringify } from 'yaml';

/** Returns the files of a cluster, which without a directory are only named. */
export function clusterFiles(name: string, directory = '') {
  const at = (file: string) => path.join(directory, file);
  return { entry: at(`${name}.yaml`), ca: at(`${name}-ca.crt`), token: at(`${name}-token`) };
}

/** Renders the entry as it is pasted into sallyport.yaml. */
export function entryText(entry: object): string {
  return `# Add this to clusters in sallyport.yaml. Its policy allows nothing until you write rules.\n${stringify({ clusters: [entry] }, { lineWidth: 0 })}`;
}

export type PlannedFile = { file: string; text: string };

const outHint = 'Name a directory with --out in which you may create files.';

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
    throw fileFault(directory, error, outHint);
  }
}

/** Writes a file with mode 0600, in one step. Returns false if it had the same content already. */
export function writeClusterFile({ file, text }: PlannedFile): boolean {
  if (readIfThere(file) === text) return false;
  try {
    writeFileAtomically(path.resolve(file), text, { sync: true });
  } catch (error) {
    throw fileFault(file, error, outHint);
  }
  return true;
}
