import { rmSync } from 'node:fs';
import path from 'node:path';
import { exitCodes, type ExitName } from '../terminal/exit-codes.ts';
import { CliError } from '../terminal/cli-error.ts';
import { readIfThere } from './home.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

/**
 * How the last login of a gateway failed, for those who waited for it: else each of them would open a browser in its
 * turn.
 */
export type LoginFailure = {
  note(error: CliError, at: number): void;
  /** The failure, if it was not before `since` (milliseconds since the epoch). */
  since(since: number): CliError | undefined;
  forget(): void;
};

type Stored = { at?: unknown; exit?: unknown; message?: unknown; hint?: unknown };

const isExit = (name: unknown): name is ExitName => typeof name === 'string' && Object.hasOwn(exitCodes, name);

/** Opens the note of a gateway's directory, which must be there. What cannot be written or read is as good as none. */
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
        /* then the others find out for themselves */
      }
    },
    since(since) {
      const { at, exit, message, hint } = read();
      if (typeof at !== 'number' || at < since || !isExit(exit) || typeof message !== 'string') return undefined;
      return new CliError(
        exit,
        `the login that was under way failed: ${message}`,
        typeof hint === 'string' ? hint : undefined,
      );
    },
    forget: () => rmSync(file, { force: true }),
  };
}
