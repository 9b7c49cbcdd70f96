import { rmSync } from 'node:fs';
import path from 'node:path';
import { exitCodes, type ExitName } from '../terminal/exit-codes.ts';
import { CliError } from '../terminal/cli-error.ts';
import { readIfThere } from './home.ts';
import { writeFileAtomically } from '../files/write-file-atomically.ts';

/**
 * Records how the last login at a gateway failed, for the processes that waited for it. Otherwise each of them would
 * open a browser in turn.
 */
type LoginFailure = {
  note(error: CliError, at: number): void;
  /** Returns the failure, unless it happened before `since` (milliseconds since the epoch). */
  since(since: number): CliError | undefined;
  forget(): void;
};

type Stored = { at?: unknown; exit?: unknown; message?: unknown; hint?: unknown };

const isExit = (name: unknown): name is ExitName => typeof name === 'string' && Object.hasOwn(exitCodes, name);

/** Opens the record in the directory of a gateway, which must exist. Ignores errors when reading and writing. */
export function openLoginFailure(directory: string): LoginFailure {
  const file = path.join(directory, 'login.failed');
  const read = (): Stored => {
    try {
      return JSON.parse(readIfThere(file) ?? '{}') as Stored;
    } catch {
      return {};
    }
  };
  return {
    note({ exit, message, hint }, at) {
      try {
        writeFileAtomically(file, JSON.stringify({ at, exit, message, hint }));
      } catch {
        /* the other processes find out for themselves */
      }
    },
    since(since) {
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
