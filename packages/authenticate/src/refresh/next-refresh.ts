/** Returns a random number from 0 to 1. */
export type Random = () => number;

const firstRetryMs = 5000;

/**
 * Returns when to refresh a session that was confirmed just now: in the last tenth of `intervalMs`, at random, so that
 * sessions that were created together are not refreshed together.
 */
export function nextRefresh(now: number, intervalMs: number, random: Random): number {
  return now + Math.round(intervalMs * (0.9 + 0.1 * random()));
}

/**
 * Returns when to retry after `failures` failed attempts: with exponential backoff up to the interval, or as late as
 * the provider asked for, with jitter.
 */
export function nextRetry(
  now: number,
  about: { failures: number; intervalMs: number; retryAfterMs?: number },
  random: Random,
): number {
  const { failures, intervalMs, retryAfterMs = 0 } = about;
  const backOff = Math.min(intervalMs, firstRetryMs * 2 ** Math.min(Math.max(failures - 1, 0), 20));
  return now + Math.round(Math.max(retryAfterMs, backOff) * (1 + 0.2 * random()) - backOff * 0.1);
}
