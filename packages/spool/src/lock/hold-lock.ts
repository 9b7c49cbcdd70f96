import { closeSync, openSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Sqlite from 'node:sqlite';

/** The directories that this process holds. The operating system does not lock out a process from its own files. */
const held = new Set<string>();

/**
 * Locks a directory for this process and returns a function that unlocks it, or undefined if another process has it. The
 * kernel holds the lock, so it ends with the process, and it works between containers, where the ids of processes mean
 * nothing. Node.js can lock a file only through SQLite. The database stays empty. Throws on versions before 22.13, which
 * have no SQLite.
 */
export function holdLock(dir: string): (() => void) | undefined {
  const path = join(realpathSync(dir), 'lock');
  if (held.has(path)) return undefined;
  // Loaded here, because the command line loads this file on versions that do not have it.
  const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite') as typeof Sqlite;
  closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const busy = 5;
    if ((error as { errcode?: number }).errcode === busy) return undefined;
    throw error;
  }
  held.add(path);
  return () => {
    database.close();
    held.delete(path);
  };
}
