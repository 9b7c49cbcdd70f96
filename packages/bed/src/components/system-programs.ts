import { closeSync, openSync, readSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { findProgram, isExecutable, lastLines, tryCommand } from '../run/command.ts';
import { takeMachineLock } from '../run/machine-lock.ts';
import { reportWhile, type Progress } from '../run/progress.ts';
import { recipeOf, type ComponentName, type SystemRecipe } from './catalogue.ts';

/** Finds a component that is already installed. */
export function findSystemProgram(name: ComponentName, recipe: SystemRecipe): string | undefined {
  for (const wanted of recipe.find) {
    const file = path.isAbsolute(wanted) ? newestMatch(wanted) : findProgram(wanted);
    if (file && (name !== 'busybox' || isStatic(file))) return file;
  }
  return undefined;
}

/**
 * Installs the Debian packages of the named components with apt-get, or returns why it cannot. Does not start their
 * services: the bed starts its own, on other ports.
 */
export async function installDebianPackages(
  names: readonly ComponentName[],
  onProgress?: Progress,
): Promise<{ problem?: string }> {
  const apt = findProgram('apt-get');
  if (!apt) return { problem: 'it is not installed, and apt-get is not available' };
  if (process.getuid?.() !== 0) return { problem: 'it is not installed, and only root can install it' };
  const packages = [...new Set(names.flatMap((name) => debianPackage(name)))];
  const lock = await takeMachineLock('apt', { onProgress });
  try {
    onProgress?.(`installing Debian packages: ${packages.join(' ')}`);
    return await reportWhile(onProgress, 'installing Debian packages', () => install(apt, packages));
  } finally {
    await lock.release();
  }
}

async function install(apt: string, packages: readonly string[]): Promise<{ problem?: string }> {
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1', SYSTEMD_OFFLINE: '1' };
  const update = await tryCommand(apt, ['-qq', '-o', 'DPkg::Lock::Timeout=300', 'update'], { env });
  const result = await tryCommand(
    apt,
    ['-qq', '-y', '-o', 'DPkg::Lock::Timeout=300', '--no-install-recommends', 'install', ...packages],
    { env },
  );
  if (result.code === 0) return {};
  const why = update.code === 0 ? result.stderr : update.stderr;
  return { problem: `apt-get cannot install it: ${lastLines(why, 3)}` };
}

function debianPackage(name: ComponentName): string[] {
  const recipe = recipeOf(name);
  return recipe.kind === 'system' ? [recipe.debian] : [];
}

// `*` matches one version directory. The highest version wins.
function newestMatch(pattern: string): string | undefined {
  const [before, after] = pattern.split('*');
  if (after === undefined) return isExecutable(pattern) ? pattern : undefined;
  return versions(before!)
    .map((version) => before! + version + after)
    .find((file) => isExecutable(file));
}

function versions(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted((a, b) => Number.parseFloat(b) - Number.parseFloat(a));
  } catch {
    return [];
  }
}

// The container image has no shared libraries. A dynamic program names its loader near its beginning.
function isStatic(file: string): boolean {
  const head = Buffer.alloc(4096);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return !/\/ld-(linux|musl)/.test(head.toString('latin1'));
}
