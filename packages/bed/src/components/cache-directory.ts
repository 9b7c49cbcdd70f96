import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Returns the directory in which built and unpacked components are kept between runs. */
export function defaultCacheDirectory(): string {
  return path.join(os.homedir(), '.cache', 'sallyport', 'bed');
}

/** Returns the name of the lock for builds into this cache. */
export function cacheLockName(cacheDirectory: string): string {
  return `build-${createHash('sha256').update(path.resolve(cacheDirectory)).digest('hex').slice(0, 16)}`;
}

/** Removes the remains of unfinished builds. Call it only while you hold the lock of the cache. */
export function removeUnfinished(cacheDirectory: string): void {
  if (!existsSync(cacheDirectory)) return;
  for (const entry of readdirSync(cacheDirectory)) {
    if (entry.startsWith('.building-')) rmSync(path.join(cacheDirectory, entry), { recursive: true, force: true });
  }
}

/** Lets `build` fill a directory and then renames it into place, so that every entry of the cache is complete. */
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
