import { createRepeater, createWarnOnce, type Metrics } from '@sallyport/kit';
import { createProviderBackoff } from './next-refresh.ts';
import { createRefreshMetrics } from './refresh-metrics.ts';
import { leaseMs, refreshSession, type RefreshSessionDeps } from './refresh-session.ts';

/** Refreshes sessions when they are due, whether they are used or only have open streams. */
type Refresher = {
  /** Refreshes all sessions that are due and returns their number. Rejects if the store is down. */
  runDue(): Promise<number>;
  /** Starts refreshing sessions as they become due, until closed. */
  start(): void;
  /** Resolves when refreshes in progress are done. */
  close(): Promise<void>;
};

type RefresherDeps = Omit<RefreshSessionDeps, 'backoff'> & { metrics?: Metrics; pollMs?: number };

/** How many sessions a replica leases at once. */
const batch = 32;

/** Creates the refresher. Any number of replicas share the work through the due times in the store. */
export function createRefresher(deps: RefresherDeps): Refresher {
  const { tokenStorage, logger, now, random, pollMs = 1000 } = deps;
  const { tokens } = tokenStorage;
  const parts: RefreshSessionDeps = { ...deps, backoff: createProviderBackoff(deps) };
  const metrics = createRefreshMetrics({ metrics: deps.metrics, count: () => tokens.count() });
  const outage = createWarnOnce(logger, {
    failed: 'sessions cannot be refreshed at the moment',
    recovered: 'sessions are refreshed again',
  });

  const refresh = async (sessionId: string) => {
    const from = now();
    const done = await refreshSession(parts, sessionId);
    if (done) metrics.done(done.provider, done.outcome, (now() - from) / 1000);
  };
  const runDue = async () => {
    let count = 0;
    for (;;) {
      const due = await tokens.takeDue(batch, leaseMs);
      // Only the store can fail here. Those sessions are due again when their lease expires.
      const failed = (await Promise.allSettled(due.map(refresh))).find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
      count += due.length;
      if (due.length < batch || repeater.isClosed) return count;
    }
  };
  const runOnce = async () => {
    try {
      await runDue();
      outage.recovered();
    } catch (error) {
      outage.failed({ err: error });
    }
  };
  const repeater = createRepeater({ run: runOnce, pauseMs: pollMs, random });
  return { runDue, start: () => repeater.start(), close: () => repeater.close() };
}
