// What is known of the directory of an embedded database without the engine, which takes long to load.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The file of a database that names the version of PostgreSQL. */
export const versionFile = 'PG_VERSION';

/** Returns whether a directory has the files of a database. */
export const hasDatabase = (directory: string): boolean => existsSync(path.join(directory, versionFile));

/** Returns a name for the database in a directory that another one in its place would not have. */
export function nameOfDatabase(directory: string): string {
  const file = path.join(directory, 'name');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, randomUUID(), { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, 'utf8');
}
