import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Creates a directory and its parents for their owner only. The recursive `mkdirSync` of Node.js never returns where a
 * file system knows the parent and creates nothing in it, such as /proc.
 */
export function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
    return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(directory).isDirectory()) return;
    const parent = path.dirname(directory);
    if (code !== 'ENOENT' || parent === directory || statSync(parent, { throwIfNoEntry: false })) throw error;
    makeDirectory(parent);
  }
  mkdirSync(directory, { mode: 0o700 });
}
