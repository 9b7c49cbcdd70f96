import type { AuditRecord } from '@sallyport/contracts';

/** Creates what knows whether the trail is up to date: nothing about it failed, and nothing old arrived, for a while. */
export function createCurrency({ now, checkTrail }: { now: () => number; checkTrail(): void }, waitMs: number) {
  let behindAt = now();
  return {
    isCurrent(): boolean {
      try {
        checkTrail();
      } catch {
        behindAt = now();
      }
      return now() - behindAt >= waitMs;
    },
    stored(records: readonly AuditRecord[]) {
      const newest = Math.max(...records.map(({ time }) => Date.parse(time)));
      if (now() - newest > waitMs / 2) behindAt = now();
    },
  };
}
