import type { ElevationStore } from './elevation-store.ts';

/** Creates the holds in memory. */
export function createMemoryHolds({ now }: { now: () => number }): ElevationStore['hold'] {
  const holds = new Map<string, { until: number }>();
  return async (what, forMs) => {
    const key = JSON.stringify('eventsOf' in what ? [what.eventsOf] : [what.issuer, what.subject]);
    const held = holds.get(key);
    if (held && now() < held.until) return undefined;
    const mine = { until: now() + forMs };
    holds.set(key, mine);
    return async () => {
      if (holds.get(key) === mine) holds.delete(key);
    };
  };
}
