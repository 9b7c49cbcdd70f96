import type { SpoolLogger } from '../files/disk-files.ts';

/** A fault of the disk. While there is one, nothing becomes `written` or `synced`. */
export type SpoolFailure = { reason: string; code: string | undefined; since: number };

/** Whether the disk works. */
export type FailureState = {
  readonly failure: SpoolFailure | undefined;
  /** How many operations have failed. */
  readonly count: number;
  /** How many have failed since the disk worked. */
  readonly attempts: number;
  note(error: unknown): void;
  /** The disk works again. */
  clear(): void;
};

type Deps = {
  dir: string;
  logger: SpoolLogger;
  now: () => number;
  onFailure?: (failure: SpoolFailure | undefined) => void;
};

const hints: Record<string, string> = {
  ENOSPC: 'the disk is full; free some space, or lower maxBytes',
  EDQUOT: 'the disk quota is used up; free some space, or lower maxBytes',
  EROFS: 'the file system is read-only; look for disk errors in the kernel log, and mount it again',
  EIO: 'the disk reports an error; look for it in the kernel log',
};

/** Creates the state of a disk that works. It logs each change, but not every failed attempt. */
export function createFailureState({ dir, logger, now, onFailure }: Deps): FailureState {
  let failure: SpoolFailure | undefined;
  let [count, attempts] = [0, 0];
  return {
    get failure() {
      return failure;
    },
    get count() {
      return count;
    },
    get attempts() {
      return attempts;
    },
    note(error) {
      const { code, message } = error as NodeJS.ErrnoException;
      [count, attempts] = [count + 1, attempts + 1];
      const reason = (code && hints[code]) ?? message;
      if (failure && failure.code === code) return;
      failure = { reason, code, since: failure?.since ?? now() };
      logger.error({ dir, code, reason, error: message }, 'cannot write the spool; trying again until it works');
      onFailure?.(failure);
    },
    clear() {
      attempts = 0;
      if (!failure) return;
      logger.info({ dir, failedMs: Math.round(now() - failure.since) }, 'writing the spool again');
      failure = undefined;
      onFailure?.(undefined);
    },
  };
}

/** After how long an operation that has not ended counts as a fault. */
const stalledMs = 5000;

/** Runs an operation on the disk. Reports while it still runs that it takes very long. */
export async function reportStalls(failures: FailureState, operation: () => Promise<void>): Promise<void> {
  const report = () => {
    const error = new Error(`the disk has not answered for ${stalledMs / 1000} s`);
    failures.note(Object.assign(error, { code: 'ETIMEDOUT' }));
  };
  const timer = setTimeout(report, stalledMs).unref();
  try {
    await operation();
  } finally {
    clearTimeout(timer);
  }
}
