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

const minMs = 1000;
const maxMs = 30_000;

/**
 * Creates the backoff from providers that do not answer: one attempt now and then, instead of one for every due session.
 * Each wait is as long as the provider asks for, or else doubles, up to half a minute.
 */
export function createProviderBackoff(deps: { now: () => number }) {
  const waits = new Map<string, { until: number; failures: number }>();
  return {
    /** Returns until when this provider must not be called, or undefined if it may be called. */
    until(provider: string): number | undefined {
      const wait = waits.get(provider);
      return wait && deps.now() < wait.until ? wait.until : undefined;
    },
    failed(provider: string, retryAfterMs = 0): void {
      const failures = (waits.get(provider)?.failures ?? 0) + 1;
      // The first failures may be specific to one session.
      const own = failures < 3 ? 0 : Math.min(maxMs, minMs * 2 ** (failures - 3));
      waits.set(provider, { failures, until: deps.now() + Math.max(own, retryAfterMs) });
    },
    answered: (provider: string) => void waits.delete(provider),
  };
}
export type ProviderBackoff = ReturnType<typeof createProviderBackoff>;
