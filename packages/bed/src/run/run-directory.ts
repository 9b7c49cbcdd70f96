import { randomInt } from 'node:crypto';
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { identifyProcess } from './process-identity.ts';

/** One run of the bed: everything that it puts into the world is inside `directory` or named after `id`. */
export type Run = { id: string; directory: string };

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** The directory that runs are made in where nobody names another. */
export function defaultRunBase(): string {
  return path.join(os.tmpdir(), `sallyport-bed-${os.userInfo().uid}`);
}

/** Makes a directory for a new run of this process, inside `base`. */
export function runDirectory(base: string = defaultRunBase()): Run {
  mkdirSync(base, { recursive: true, mode: 0o711 });
  refuseForeign(base);
  const id = Array.from({ length: 6 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  const directory = path.join(path.resolve(base), id);
  // Others may pass through (PostgreSQL's server runs as a user of its own) but not look.
  mkdirSync(directory, { mode: 0o711 });
  mkdirSync(path.join(directory, 'processes'), { mode: 0o700 });
  writeFileSync(path.join(directory, 'owner.json'), JSON.stringify(identifyProcess(process.pid)), { mode: 0o600 });
  return { id, directory };
}

/** Makes a directory inside the run, for one component. */
export function componentDirectory(run: Run, name: string, mode = 0o700): string {
  const directory = path.join(run.directory, name);
  mkdirSync(directory, { recursive: true, mode });
  return directory;
}

// The name is known to everybody and the temporary directory is everybody's: what somebody else put there is not used.
function refuseForeign(base: string): void {
  const found = lstatSync(base);
  if (!found.isDirectory()) throw new Error(`${base} is not a directory`);
  if (process.getuid && found.uid !== process.getuid()) throw new Error(`${base} belongs to another user`);
}
