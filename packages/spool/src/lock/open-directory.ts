import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Files, SpoolLogger } from '../files/disk-files.ts';
import { readJsonFile, writeJsonFile } from '../files/json-file.ts';
import { holdLock } from './hold-lock.ts';

/** How the process before this one left the spool. */
export type PreviousEnd =
  /** The directory is new. */
  | 'none'
  /** It closed the spool. Everything is on the disk. */
  | 'closed'
  /** It died, and the machine went on. Everything that was `written` is there. */
  | 'killed'
  /**
   * The machine was restarted without `close()`, or a sync had failed when the process died. Everything that was `synced`
   * is there, and maybe more.
   */
  | 'rebooted';

const format = 1;
const name = 'session.json';

/** What `session.json` says about the process that has, or had, the spool. */
type Session = {
  format: number;
  boot: string | undefined;
  pid: number;
  startedAt: string;
  closed: boolean;
  /** The last entry on the disk may not be the last that was written. */
  uncertain?: true;
};

/** A directory that this process has for itself. */
export type OpenDirectory = {
  previousEnd: PreviousEnd;
  /** True if the process after this one cannot rely on the last entry either, until there is a new one. */
  isUncertain: boolean;
  /** Records whether the next process can rely on the last entry. Resolves when the disk has it. */
  markUncertain(isUncertain: boolean): Promise<void>;
  /** Records that everything is on the disk, so that the next process knows. */
  markClosed(): Promise<void>;
  unlock(): void;
};

/** Returns an id that changes when the machine restarts, or undefined if the system has none. */
async function readBootId(): Promise<string | undefined> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

/** Creates a directory with mode 0700 if it is missing, and takes the rights of others from one that exists. */
export async function createDirectory(dir: string, logger: SpoolLogger): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (((await stat(dir)).mode & 0o077) === 0) return;
  await chmod(dir, 0o700).catch((error: unknown) =>
    logger.warn({ dir, reason: (error as Error).message }, 'other users can read this directory'),
  );
}

function readPreviousEnd(session: Session | undefined, boot: string | undefined, isEmpty: boolean): PreviousEnd {
  if (!session) return isEmpty ? 'none' : 'rebooted';
  if (session.closed) return 'closed';
  return boot !== undefined && session.boot === boot && !session.uncertain ? 'killed' : 'rebooted';
}

/** Creates the directory if it is missing, and locks it. Throws if another process has it. */
export async function openDirectory(
  files: Files,
  { dir, logger, now }: { dir: string; logger: SpoolLogger; now: () => number },
): Promise<OpenDirectory> {
  await createDirectory(dir, logger);
  const unlock = holdLock(dir);
  if (!unlock) {
    const holder = (await readJsonFile(files, join(dir, name)).catch(() => undefined)) as Session | undefined;
    const who = holder ? ` (process ${holder.pid}, since ${holder.startedAt})` : '';
    throw new Error(`Another process uses the spool ${dir}${who}. Give each process a directory of its own.`);
  }
  try {
    const session = (await readJsonFile(files, join(dir, name))) as Session | undefined;
    if (session && session.format !== format)
      throw new Error(`The spool ${dir} has format ${session.format}, and this version reads ${format}.`);
    const boot = await readBootId();
    const isEmpty = (await files.list(dir)).every((other) => !other.endsWith('.segment'));
    const startedAt = new Date(now()).toISOString();
    const own: Session = { format, boot, pid: process.pid, startedAt, closed: false };
    const previousEnd = readPreviousEnd(session, boot, isEmpty);
    // The next process finds this session, and not the one that says how the entries were left.
    const isUncertain = previousEnd === 'rebooted';
    const markUncertain = (uncertain: boolean) =>
      writeJsonFile(files, dir, name, { ...own, ...(uncertain ? { uncertain } : {}) });
    await markUncertain(isUncertain);
    return {
      previousEnd,
      isUncertain,
      markUncertain,
      markClosed: () => writeJsonFile(files, dir, name, { ...own, closed: true }),
      unlock,
    };
  } catch (error) {
    unlock();
    throw error;
  }
}
