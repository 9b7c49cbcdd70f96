import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Where built and unpacked components are kept from one run to the next. */
export function defaultCacheDirectory(): string {
  return path.join(os.homedir(), '.cache', 'sallyport', 'bed');
}

/** Names the lock that whoever builds into this cache holds. */
export function cacheLockName(cacheDirectory: string): string {
  return `build-${createHash('sha256').update(path.resolve(cacheDirectory)).digest('hex').slice(0, 16)}`;
}

/** Removes what builds left that did not come to their end. Only for the holder of the cache's lock. */
export function removeUnfinished(cacheDirectory: string): void {
  if (!existsSync(cacheDirectory)) return;
  for (const entry of readdirSync(cacheDirectory)) {
    if (entry.startsWith('.building-')) rmSync(path.join(cacheDirectory, entry), { recursive: true, force: true });
  }
}

/** Lets `build` fill a directory and puts it in place in one step, so that what is in the cache is always whole. */
export async function buildInto(
  cacheDirectory: string,
  entry: string,
  build: (directory: string) => Promise<void>,
): Promise<string> {
  const finished = path.join(cacheDirectory, entry);
  if (existsSync(finished)) return finished;
  const building = path.join(cacheDirectory, `.building-${entry}-${process.pid}`);
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { recursive: true });
  try {
    await build(building);
    if (!existsSync(finished)) renameSync(building, finished);
    return finished;
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}
