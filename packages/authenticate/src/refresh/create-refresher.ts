import { createRepeaterWithOutage, type Metrics } from '@sallyport/kit';
import { createProviderBackoff } from './next-refresh.ts';
import { createRefreshMetrics } from './refresh-metrics.ts';
import { leaseMs, refreshSession, type RefreshSessionDeps } from './refresh-session.ts';

type RefresherDeps = Omit<RefreshSessionDeps, 'backoff'> & { metrics?: Metrics; pollMs?: number };

/** How many sessions a replica leases at once. */
const batch = 32;

/** Creates the refresher. Any number of replicas share the work through the due times in the store. */
export function createRefresher(deps: RefresherDeps) {
  const { tokenStorage, logger, now, random, pollMs = 1000 } = deps;
  const { tokens } = tokenStorage;
  const parts: RefreshSessionDeps = { ...deps, backoff: createProviderBackoff(deps) };
  const metrics = createRefreshMetrics({
    metrics: deps.metrics,
    providers: deps.providers,
    count: () => tokens.count(),
  });

  const refresh = async (sessionId: string) => {
    const from = now();
    const done = await refreshSession(parts, sessionId);
    if (done) metrics.done(done.provider, done.outcome, (now() - from) / 1000);
  };
  /** Refreshes all sessions that are due and returns their number. Rejects if the store is down. */
  const runDue = async (): Promise<number> => {
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
  const repeater = createRepeaterWithOutage({
    run: runDue,
    pauseMs: pollMs,
    random,
    logger,
    failed: 'sessions cannot be refreshed at the moment',
    recovered: 'sessions are refreshed again',
  });
  return { runDue, start: () => repeater.start(), close: () => repeater.close() };
}
