/** Chance from 0 to 1. */
export type Random = () => number;

const firstRetryMs = 5000;

/**
 * When a session that was vouched for now is to be refreshed: within `intervalMs`, spread over its last tenth, so that
 * those who logged in together do not all come together.
 */
export function nextRefresh(now: number, intervalMs: number, random: Random): number {
  return now + Math.round(intervalMs * (0.9 + 0.1 * random()));
}

/**
 * When to ask again after `failures` attempts that came to nothing: later each time, never later than the interval or
 * than the provider asked for, and spread.
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
