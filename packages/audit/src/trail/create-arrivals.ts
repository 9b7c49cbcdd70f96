import type { EventStore } from '../events/event-store.ts';

/** Tells those who follow the trail when events were stored, by this or another replica. */
export type Arrivals = {
  /** Counts up when events were stored. */
  version(): number;
  /** Resolves when the version is no longer `seen`, after `timeoutMs`, or when the signal ends it. */
  changed(seen: number, timeoutMs: number, signal: AbortSignal): Promise<void>;
};

/** Creates the arrivals. While somebody waits, the newest position is read once for all of them. */
export function createArrivals({
  events,
  pollMs = 500,
}: {
  events: Pick<EventStore, 'find'>;
  pollMs?: number;
}): Arrivals {
  const waiting = new Set<() => void>();
  let version = 0;
  let known: string | undefined;
  let polling = false;
  const poll = async () => {
    polling = true;
    while (waiting.size > 0) {
      // While the store is down nothing arrives. Those who wait go on when their time is over, and see it themselves.
      const latest = await events.find({ order: 'newest', limit: 1 }).then(
        (page) => page.latest,
        () => known,
      );
      if (latest !== known) {
        known = latest;
        version += 1;
        for (const wake of waiting) wake();
      }
      await new Promise<void>((resolve) => {
        setTimeout(resolve, pollMs).unref();
      });
    }
    polling = false;
  };
  return {
    version: () => version,
    changed: (seen, timeoutMs, signal) =>
      new Promise((resolve) => {
        if (version !== seen || signal.aborted) return resolve();
        const wake = () => {
          clearTimeout(timer);
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        timer.unref();
        signal.addEventListener('abort', wake);
        waiting.add(wake);
        if (!polling) void poll();
      }),
  };
}
