import { createWarnOnce, type Metrics } from '@sallyport/kit';
import { createProviderRest } from './provider-backoff.ts';
import { createRefreshMetrics } from './refresh-metrics.ts';
import { leaseMs, refreshSession, type RefreshSessionDeps } from './refresh-session.ts';

/** Refreshes sessions as they come due, those that only hold streams too: whether a session is used plays no part. */
export type Refresher = {
  /** Refreshes what is due now; how many that were. Rejects if the store is away. */
  runDue(): Promise<number>;
  /** Looks for what is due from now on, until closed. */
  start(): void;
  /** Resolves when what was begun is done. */
  close(): Promise<void>;
};

export type RefresherDeps = Omit<RefreshSessionDeps, 'rest'> & { metrics?: Metrics; pollMs?: number };

/** How many sessions a replica takes at once. */
const batch = 32;

/** Creates the refresher. Any number of replicas share the work by what is due in the store. */
export function createRefresher(deps: RefresherDeps): Refresher {
  const {
    keeping: { tokens },
    logger,
    now,
    random,
    pollMs = 1000,
  } = deps;
  const parts: RefreshSessionDeps = { ...deps, rest: createProviderRest(deps) };
  const metrics = createRefreshMetrics({ metrics: deps.metrics, count: () => tokens.count() });
  const outage = createWarnOnce(logger, {
    failed: 'sessions cannot be refreshed at the moment',
    recovered: 'sessions are refreshed again',
  });
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const refresh = async (sessionId: string) => {
    const from = now();
    const done = await refreshSession(parts, sessionId);
    if (done) metrics.done(done.provider, done.outcome, (now() - from) / 1000);
  };
  const runDue = async () => {
    let count = 0;
    for (;;) {
      const due = await tokens.takeDue(batch, leaseMs);
      // What fails here is the store: those sessions are due again when their lease is over.
      const failed = (await Promise.allSettled(due.map(refresh))).find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
      count += due.length;
      if (due.length < batch || closed) return count;
    }
  };
  const turn = async () => {
    try {
      await runDue();
      outage.recovered();
    } catch (error) {
      outage.failed({ err: error });
    }
  };
  const next = () => {
    if (closed) return;
    timer = setTimeout(
      () => {
        running = turn().finally(next);
      },
      pollMs * (0.75 + 0.5 * random()),
    );
    timer.unref();
  };
  return {
    runDue,
    start: next,
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
