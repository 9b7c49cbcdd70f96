/** Leaves providers alone that do not answer: one attempt in a while, instead of one for every session that is due. */
export type ProviderRest = {
  /** Until when this provider is left alone; undefined if it may be asked. */
  until(provider: string): number | undefined;
  failed(provider: string, retryAfterMs: number | undefined): void;
  answered(provider: string): void;
};

const shortestMs = 1000;
const longestMs = 30_000;

/**
 * Creates the rests: each as long as the provider asks for, else twice as long as the one before, up to half a minute.
 */
export function createProviderRest(deps: { now: () => number }): ProviderRest {
  const rests = new Map<string, { until: number; failures: number }>();
  return {
    until(provider) {
      const rest = rests.get(provider);
      return rest && deps.now() < rest.until ? rest.until : undefined;
    },
    failed(provider, retryAfterMs = 0) {
      const failures = (rests.get(provider)?.failures ?? 0) + 1;
      // The first failure may be one session's own.
      const own = failures < 3 ? 0 : Math.min(longestMs, shortestMs * 2 ** (failures - 3));
      rests.set(provider, { failures, until: deps.now() + Math.max(own, retryAfterMs) });
    },
    answered: (provider) => void rests.delete(provider),
  };
}
