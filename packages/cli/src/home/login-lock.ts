import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../environment/environment.ts';
import { readIfThere } from './home.ts';
import { processLockHolder, takeOverProcessLock, tryProcessLock } from './process-lock.ts';
import { exitCodes, type ExitName, CliError } from '../terminal/cli-error.ts';
import { writeFileAtomically } from '../files/write-file.ts';

const fileIn = (directory: string) => path.join(directory, 'login.lock');

/** Takes the login lock of a gateway. Returns undefined while another live process holds it. */
export const tryLoginLock = (directory: string, environment: Environment, pid?: number) =>
  tryProcessLock(fileIn(directory), environment, pid);

/** Takes the login lock from the process that holds it, which notices that and waits for this one. */
export const takeOverLoginLock = (directory: string, environment: Environment) =>
  takeOverProcessLock(fileIn(directory), environment);

/** Returns the process that holds the login lock of a gateway. Undefined if none does. */
export const loginLockHolder = (directory: string) => processLockHolder(fileIn(directory));

type Stored = { at?: unknown; exit?: unknown; message?: unknown; hint?: unknown };

const isExit = (name: unknown): name is ExitName => typeof name === 'string' && Object.hasOwn(exitCodes, name);

/**
 * Opens the record of how the last login at a gateway failed, in the directory of the gateway, which must exist. It is for
 * the processes that waited for that login. Otherwise each of them would open a browser in turn. Ignores errors when
 * reading and writing.
 */
export function openLoginFailure(directory: string) {
  const file = path.join(directory, 'login.failed');
  const read = (): Stored => {
    try {
      return JSON.parse(readIfThere(file) ?? '{}') as Stored;
    } catch {
      return {};
    }
  };
  return {
    note({ exit, message, hint }: CliError, at: number): void {
      try {
        writeFileAtomically(file, JSON.stringify({ at, exit, message, hint }));
      } catch {
        /* the other processes find out for themselves */
      }
    },
    /** Returns the failure, unless it happened before `since` (milliseconds since the epoch). */
    since(since: number): CliError | undefined {
      const { at, exit, message, hint } = read();
      if (typeof at !== 'number' || at < since || !isExit(exit) || typeof message !== 'string') return undefined;
      return new CliError(
        exit,
        `the login that was already in progress failed: ${message}`,
        typeof hint === 'string' ? hint : undefined,
      );
    },
    forget: () => rmSync(file, { force: true }),
  };
}
