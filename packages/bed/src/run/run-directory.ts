import { randomInt } from 'node:crypto';
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { identifyProcess } from './process-identity.ts';

/** A run of the bed. Everything that it creates is in `directory` or named after `id`. */
export type Run = { id: string; directory: string };

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Returns the default directory for runs. */
export function defaultRunBase(): string {
  return path.join(os.tmpdir(), `sallyport-bed-${os.userInfo().uid}`);
}

/** Creates a directory for a new run of this process, in `base`. */
export function runDirectory(base: string = defaultRunBase()): Run {
  mkdirSync(base, { recursive: true, mode: 0o711 });
  refuseForeign(base);
  const id = Array.from({ length: 6 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  const directory = path.join(path.resolve(base), id);
  // Other users may traverse it (PostgreSQL runs as another user) but not list it.
  mkdirSync(directory, { mode: 0o711 });
  mkdirSync(path.join(directory, 'processes'), { mode: 0o700 });
  writeFileSync(path.join(directory, 'owner.json'), JSON.stringify(identifyProcess(process.pid)), { mode: 0o600 });
  return { id, directory };
}

/** Creates a directory in the run for a component. */
export function componentDirectory(run: Run, name: string, mode = 0o700): string {
  const directory = path.join(run.directory, name);
  mkdirSync(directory, { recursive: true, mode });
  return directory;
}

// Other users know this name and can write to the temporary directory, so what belongs to them is not used.
function refuseForeign(base: string): void {
  const found = lstatSync(base);
  if (!found.isDirectory()) throw new Error(`${base} is not a directory`);
  if (process.getuid && found.uid !== process.getuid()) throw new Error(`${base} belongs to another user`);
}
