import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import type { Environment } from '../environment/environment.ts';
import { writeFileAtomically } from '../files/write-file.ts';
import { localFault } from './home.ts';
import { processBirth } from './process-identity.ts';

/** A lock that this process holds, until it releases it. `isLost`: another process has taken it over. */
export type ProcessLock = { release(): void; isLost(): boolean };

type Holder = { id: string; pid: number; birth: string | undefined };

// A lock file appears with its whole content, so a lock that cannot be read has no holder.
const noHolder: Holder = { id: '', pid: 0, birth: 'none' };

function readHolder(file: string): Holder | undefined {
  try {
    const { id, pid, birth } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder>;
    return typeof id === 'string' && Number.isSafeInteger(pid) ? { id, pid: pid!, birth } : noHolder;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : noHolder;
  }
}

const isAlive = (holder: Holder, environment: Environment) => {
  if (holder.pid <= 0) return false;
  const birth = processBirth(holder.pid, environment.platform);
  return birth !== undefined && birth === holder.birth;
};

/** Creates `file` with its content in one step. Returns false if it already exists. */
function createWhole(file: string, content: string): boolean {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(temporary, content, { flag: 'wx', mode: 0o600 });
    linkSync(temporary, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw localFault(file, error);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Removes the lock of a process that died while it held the lock. A second lock, held for microseconds, makes sure that
 * only one process does this at a time. Otherwise a second process could remove the lock that the first has just taken.
 */
function removeIfAbandoned(file: string, environment: Environment): void {
  const found = readHolder(file);
  if (found === undefined || isAlive(found, environment)) return;
  const guard = `${file}.guard`;
  if (!createWhole(guard, '')) {
    try {
      if (environment.now() - statSync(guard).mtimeMs > 10_000) rmSync(guard, { force: true });
    } catch {
      /* just released */
    }
    return;
  }
  try {
    if (readHolder(file)?.id === found.id) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

/** Prepares a lock of this process: what its file has, and the lock once the file has it. */
function prepare(file: string, { platform }: Environment, pid = process.pid): { content: string; lock: ProcessLock } {
  const id = randomBytes(12).toString('hex');
  const content = JSON.stringify({ id, pid, birth: processBirth(pid, platform) } satisfies Holder);
  const isHeld = () => readHolder(file)?.id === id;
  let isReleased = false;
  const release = () => {
    isReleased = true;
    if (isHeld()) rmSync(file, { force: true });
  };
  // Without a holder, the process that took over has already finished.
  return { content, lock: { release, isLost: () => !isReleased && !isHeld() } };
}

/** Takes the lock that is a file in a directory that exists. Returns undefined while another live process holds it. */
export function tryProcessLock(file: string, environment: Environment, pid?: number): ProcessLock | undefined {
  const { content, lock } = prepare(file, environment, pid);
  if (createWhole(file, content)) return lock;
  removeIfAbandoned(file, environment);
  return createWhole(file, content) ? lock : undefined;
}

/** Takes a lock from the process that holds it, which notices that. */
export function takeOverProcessLock(file: string, environment: Environment): ProcessLock {
  const { content, lock } = prepare(file, environment);
  writeFileAtomically(file, content);
  return lock;
}

/** Returns the process that holds a lock. Undefined if none does. */
export const processLockHolder = (file: string): number | undefined => readHolder(file)?.pid;
