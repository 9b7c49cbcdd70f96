import { ProblemError } from '../problem/problem-error.ts';

/** Bounds how many expensive calls run at the same time. */
export type ConcurrencyLimiter = {
  /** Runs `work`. Rejects with `too-many-requests` if too many calls are running, in total or for this key. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
};

type ConcurrencyLimits = {
  /** How many calls may run at the same time. */
  total: number;
  /** How many of them may have the same key; `total` unless given. */
  perKey?: number;
  /** The message of the rejection. */
  message?: string;
  /** When it is worth trying again. */
  retryAfterSeconds?: number;
};

const defaultMessage = 'Too many requests of this kind are in progress. Try again shortly.';

/** Creates a limiter for one kind of call. */
export function createConcurrencyLimiter({
  total,
  perKey = total,
  message = defaultMessage,
  retryAfterSeconds,
}: ConcurrencyLimits): ConcurrencyLimiter {
  const runningByKey = new Map<string, number>();
  let running = 0;
  return {
    async run(key, work) {
      const ofKey = runningByKey.get(key) ?? 0;
      if (ofKey >= perKey || running >= total) {
        const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
        throw new ProblemError('too-many-requests', message, retry);
      }
      runningByKey.set(key, ofKey + 1);
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
        const left = runningByKey.get(key)! - 1;
        if (left === 0) runningByKey.delete(key);
        else runningByKey.set(key, left);
      }
    },
  };
}
