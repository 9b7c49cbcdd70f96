import { existsSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from '../run/command.ts';
import { takeMachineLock } from '../run/machine-lock.ts';
import type { Progress } from '../run/progress.ts';
import { buildComponent } from './build-component.ts';
import { buildOf } from './builds.ts';
import { cacheLockName, defaultCacheDirectory, removeUnfinished } from './cache-directory.ts';
import { recipeOf, toolsFor, type ComponentName, type MissingComponent, type Recipe } from './catalogue.ts';
import { findSystemProgram, installDebianPackages } from './system-programs.ts';

/** The path of a component is its program, or for jars their directory. */
export type Components = { paths: Partial<Record<ComponentName, string>>; missing: MissingComponent[] };

export type EnsureOptions = {
  onProgress?: Progress;
  cacheDirectory?: string;
  /** Stops before the next component, and aborts a running build. */
  signal?: AbortSignal;
};

type BuildOptions = EnsureOptions & { cacheDirectory: string };

/**
 * Finds the named components, installs, fetches or builds those that are missing, and returns their paths. What this
 * machine cannot have is in `missing`. Two concurrent runs build nothing twice.
 */
export async function ensureComponents(
  names: readonly ComponentName[],
  options: EnsureOptions = {},
): Promise<Components> {
  const cacheDirectory = options.cacheDirectory ?? defaultCacheDirectory();
  const found: Components = { paths: {}, missing: [] };
  const wanted = withNeeds(names, cacheDirectory);
  const absent = wanted.filter((name) => !findIt(name, cacheDirectory, found));
  if (absent.length === 0) return found;
  const here = absent.filter((name) => fitsMachine(name, found));
  await ensureSystem(here, found, options);
  const toBuild = here.filter((name) => recipeOf(name).kind !== 'system');
  if (toBuild.length > 0) await ensureBuilt(toBuild, found, { ...options, cacheDirectory });
  return found;
}

// A cached component no longer needs the tools that it was built with.
function withNeeds(names: readonly ComponentName[], cacheDirectory: string): ComponentName[] {
  const needs = (name: ComponentName): ComponentName[] => {
    const { needs: always, builtWith } = toolsFor(name);
    const built = builtWith.length > 0 && existing(name, recipeOf(name), cacheDirectory) !== undefined;
    return [...always, ...(built ? [] : builtWith)];
  };
  return [...new Set(names.flatMap((name) => [...needs(name), name]))];
}

function findIt(name: ComponentName, cacheDirectory: string, found: Components): boolean {
  const file = existing(name, recipeOf(name), cacheDirectory);
  if (file !== undefined) found.paths[name] = file;
  return file !== undefined;
}

function existing(name: ComponentName, recipe: Recipe, cacheDirectory: string): string | undefined {
  if (recipe.kind === 'system') return findSystemProgram(name, recipe);
  const { entry, file } = buildOf(name, recipe, {});
  const whole = path.join(cacheDirectory, entry, file);
  return existsSync(whole) ? whole : undefined;
}

function fitsMachine(name: ComponentName, found: Components): boolean {
  const recipe = recipeOf(name);
  const only = 'only' in recipe ? recipe.only : undefined;
  if (only === undefined || only === process.platform) return true;
  found.missing.push({ missing: name, why: `it only runs on ${only}`, hint: `Run this on a ${only} machine.` });
  return false;
}

async function ensureSystem(names: readonly ComponentName[], found: Components, options: EnsureOptions): Promise<void> {
  const system = names.filter((name) => recipeOf(name).kind === 'system');
  if (system.length === 0) return;
  options.signal?.throwIfAborted();
  const { problem } = await installDebianPackages(system, options.onProgress);
  for (const name of system) {
    const recipe = recipeOf(name);
    if (recipe.kind !== 'system' || findIt(name, '', found)) continue;
    found.missing.push({
      missing: name,
      why: problem ?? `package ${recipe.debian} does not contain it`,
      hint: `Run \`apt-get install ${recipe.debian}\`.`,
    });
  }
}

async function ensureBuilt(names: readonly ComponentName[], found: Components, options: BuildOptions): Promise<void> {
  const lock = await takeMachineLock(cacheLockName(options.cacheDirectory), options);
  try {
    removeUnfinished(options.cacheDirectory);
    for (const name of names) {
      if (!findIt(name, options.cacheDirectory, found)) await buildOne(name, found, options);
    }
  } finally {
    await lock.release();
  }
}

async function buildOne(name: ComponentName, found: Components, options: BuildOptions): Promise<void> {
  options.signal?.throwIfAborted();
  const recipe = recipeOf(name);
  try {
    const { needs, builtWith } = toolsFor(name);
    const absent = [...needs, ...builtWith].find((need) => found.paths[need] === undefined);
    if (absent) throw new Error(`${absent} is missing`);
    if (recipe.kind === 'go' && !findProgram('go')) throw new Error('Go is not installed');
    if (recipe.kind !== 'system') found.paths[name] = await buildComponent(buildOf(name, recipe, found.paths), options);
  } catch (error) {
    options.signal?.throwIfAborted();
    found.missing.push({ missing: name, why: (error as Error).message, hint: hintFor(recipe) });
  }
}

function hintFor(recipe: Recipe): string {
  if (recipe.kind === 'go') return 'Install Go 1.26 or newer, with access to a module proxy (GOPROXY).';
  if (recipe.kind === 'python')
    return 'Install Python 3.10 or newer with its venv module. pip needs access to its index.';
  return 'Install a Java 17 runtime and Maven. Maven needs access to its repository.';
}
