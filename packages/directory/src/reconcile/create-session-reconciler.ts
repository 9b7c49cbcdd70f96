import { createWarnOnce } from '@sallyport/kit';
import type { SingleUseStore } from '@sallyport/stores';
import { createReconciliation, type Reconciliation, type ReconciliationDeps } from './create-reconciliation.ts';

/** Reconciles sessions in the background as well as on request. */
export type SessionReconciler = Reconciliation & {
  /** Brings the next run forward. */
  soon(): void;
  start(): void;
  close(): Promise<void>;
};

type SessionReconcilerDeps = ReconciliationDeps & {
  singleUse: Pick<SingleUseStore, 'claim'>;
  random: () => number;
  pollMs?: number;
  /** Identifies this configuration of the directory. */
  fingerprint: string;
};

const sweepEveryMs = 600_000;

/** Creates the reconciler. */
export function createSessionReconciler(deps: SessionReconcilerDeps): SessionReconciler {
  const { singleUse, logger, random, fingerprint, pollMs = 1000 } = deps;
  const work = createReconciliation(deps);
  const outage = createWarnOnce(logger, {
    failed: 'cannot reconcile sessions with the directory',
    recovered: 'reconciling sessions with the directory again',
  });
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;

  // One replica reconciles all sessions now and then: some may be older than this configuration, and anything that was
  // missed is repaired.
  const sweep = async () => {
    if (await singleUse.claim('directory-sweep', fingerprint, {}, sweepEveryMs)) await work.reconcileAll(() => true);
  };
  const run = async () => {
    try {
      await work.runDue();
      await sweep();
      outage.recovered();
    } catch (error) {
      outage.failed({ err: error });
    }
  };
  const next = (ms: number) => {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = run().finally(() => {
        running = undefined;
        next(again ? 0 : pollMs * (0.75 + 0.5 * random()));
        again = false;
      });
    }, ms);
    timer.unref();
  };
  const soon = () => {
    if (running) again = true;
    else if (timer) next(0);
  };
  return {
    ...work,
    soon,
    async reconcileNow(sourceId, keys) {
      await work.reconcileNow(sourceId, keys);
      soon();
    },
    start: () => next(0),
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
