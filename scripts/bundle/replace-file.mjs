import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/** Replaces a file of a bundle if it differs. The program may be running, or start at this moment. */
export function replaceFile(dist, file, contents) {
  if (isSame(file, contents)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  // Not among the files of the bundle, where another build that runs at the same time would delete it.
  const temporary = path.join(dist, `.${path.basename(file)}.${process.pid}`);
  writeFileSync(temporary, contents);
  renameSync(temporary, file);
}

function isSame(file, contents) {
  try {
    return readFileSync(file).equals(contents);
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}
