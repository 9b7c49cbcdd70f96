import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../environment/environment.ts';
import { fieldOf, parseJson } from '../input/untrusted.ts';
import { firstOnPath } from '../kubectl/program-on-path.ts';

/**
 * How this program is installed. An `archive` has a link to its current version, and npm itself installed `npm` in its
 * global directory. The others cannot be replaced by this program: what Homebrew or krew has installed (`managed`), a
 * `package` that came there in another way, and an archive without that link (`unpacked`), as for Windows. An archive may
 * be that of a gateway, with what `sallyport serve` runs.
 */
export type Installation =
  | { form: 'archive'; root: string; version: string; hasGateway: boolean }
  | { form: 'npm'; root: string; npm: string }
  | { form: 'managed'; root: string; manager: string; command: string }
  | { form: 'package'; root: string }
  | { form: 'unpacked'; root: string; hasGateway: boolean };

/** Returns where the link to the current version of an archive leads, or undefined if there is none. */
export function currentVersion(root: string): string | undefined {
  try {
    return readlinkSync(path.join(root, 'current'));
  } catch {
    return undefined;
  }
}

function isPackage(directory: string): boolean {
  try {
    const manifest = parseJson(readFileSync(path.join(directory, 'package.json'), 'utf8'));
    return fieldOf(manifest, 'name') === 'sallyport';
  } catch {
    return false;
  }
}

/** Returns npm's directory of global packages. */
function globalPackages(npm: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(npm, ['root', '--global'], { timeout: 30_000, encoding: 'utf8' }, (error, stdout) => {
      try {
        resolve(error === null ? realpathSync(stdout.trim()) : undefined);
      } catch {
        resolve(undefined);
      }
    });
  });
}

/** Recognizes the directories of Homebrew and krew by the receipts that these write. */
function findManager(programDirectory: string): { manager: string; command: string } | undefined {
  const has = (...place: string[]) => existsSync(path.join(programDirectory, ...place));
  // .../Cellar/sallyport/VERSION/libexec/versions/VERSION
  if (path.basename(path.join(programDirectory, '../..')) === 'libexec' && has('../../..', 'INSTALL_RECEIPT.json'))
    return { manager: 'Homebrew', command: 'brew upgrade sallyport' };
  // .../store/sallyport/vVERSION
  if (path.basename(path.join(programDirectory, '../..')) === 'store' && has('../../../receipts', 'sallyport.yaml'))
    return { manager: 'krew', command: 'kubectl krew upgrade sallyport' };
  return undefined;
}

/** Finds out how the program in a directory is installed. */
export async function findInstallation(
  programDirectory: string,
  environment: Pick<Environment, 'env' | 'platform'>,
): Promise<Installation> {
  const versions = path.dirname(programDirectory);
  const [root, version] = [path.dirname(versions), path.basename(programDirectory)];
  const isArchive = path.basename(versions) === 'versions' && currentVersion(root) !== undefined;
  const hasGateway = existsSync(path.join(programDirectory, 'serve'));
  const managed = findManager(programDirectory);
  if (managed !== undefined) return { form: 'managed', root: programDirectory, ...managed };
  if (isArchive) return { form: 'archive', root, version, hasGateway };
  if (!isPackage(programDirectory)) return { form: 'unpacked', root: programDirectory, hasGateway };
  const npm = environment.platform === 'win32' ? undefined : firstOnPath('npm', environment);
  const isGlobal = npm !== undefined && (await globalPackages(npm)) === versions;
  return isGlobal ? { form: 'npm', root: programDirectory, npm } : { form: 'package', root: programDirectory };
}

const systems: Partial<Record<NodeJS.Platform, string>> = { win32: 'windows' };

/** Returns the name of the file of a release that has this program in the same form, for this platform. */
export function fileFor(
  installation: Exclude<Installation, { form: 'managed' }>,
  version: string,
  { platform, architecture }: Pick<Environment, 'platform' | 'architecture'>,
): string {
  if (installation.form === 'npm' || installation.form === 'package') return `sallyport-${version}.tgz`;
  const extension = platform === 'win32' ? 'zip' : 'tar.gz';
  const kind = installation.hasGateway ? 'server-' : '';
  return `sallyport-${version}-${kind}${systems[platform] ?? platform}-${architecture}.${extension}`;
}

/** Reports whether the user may change what is in a directory. */
export function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
