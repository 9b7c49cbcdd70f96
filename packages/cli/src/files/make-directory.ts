import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Creates a directory and its missing parents, with mode 0700. The `recursive` option of Node.js never returns below a
 * directory like /proc, where every new name "does not exist".
 */
export function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const parent = path.dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Another process may have created it in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
