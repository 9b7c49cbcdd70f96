import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../environment/environment.ts';
import { CliError } from '../terminal/cli-error.ts';
import { currentVersion } from './installation.ts';
import { tryArchive, type NewProgram } from './try-program.ts';
import { syncFile } from './unpack.ts';

const unfinished = /^\.(?:new|current)-/;

/** Removes what an upgrade that was killed has left. */
function removeUnfinished(root: string): void {
  for (const directory of [root, path.join(root, 'versions')])
    for (const name of readdirSync(directory))
      if (unfinished.test(name)) rmSync(path.join(directory, name), { recursive: true, force: true });
}

/** Makes a version the current one, in one step. */
function switchTo(root: string, version: string): void {
  const link = path.join(root, `.current-${randomBytes(6).toString('hex')}`);
  symlinkSync(path.join('versions', version), link);
  renameSync(link, path.join(root, 'current'));
  syncFile(root);
}

/** Removes the versions that no program uses any more. */
function removeOthers(root: string, kept: readonly string[]): void {
  const versions = path.join(root, 'versions');
  for (const name of readdirSync(versions))
    if (!kept.includes(name)) rmSync(path.join(versions, name), { recursive: true, force: true });
}

/**
 * Puts a new version in place of the one that runs this program, in the directory of an archive. The program works at
 * every moment: it is the old one until one link is replaced, and then the new one. The old version stays until the next
 * upgrade, because programs that are running load more of its files. The caller holds the lock of the directory.
 */
export async function installArchive(
  environment: Pick<Environment, 'onInterrupt'>,
  { root, version: old }: { root: string; version: string },
  added: NewProgram,
): Promise<void> {
  if (currentVersion(root) !== path.join('versions', old))
    throw new CliError('local-file', `${root} was changed by another upgrade`, 'Run the command again.');
  removeUnfinished(root);
  const versions = path.join(root, 'versions');
  const work = mkdtempSync(path.join(versions, '.new-'));
  const clear = () => rmSync(work, { recursive: true, force: true });
  const unsubscribe = environment.onInterrupt(clear);
  try {
    const unpacked = await tryArchive(work, added);
    const place = path.join(versions, added.version);
    // An upgrade that was killed before its last step may have left it.
    rmSync(place, { recursive: true, force: true });
    renameSync(path.join(unpacked, 'versions', added.version), place);
    syncFile(versions);
    switchTo(root, added.version);
    removeOthers(root, [added.version, old, path.basename(work)]);
  } finally {
    unsubscribe();
    clear();
  }
}
