import { createRepeater, createWarnOnce } from '@sallyport/kit';
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
  const repeater = createRepeater({ run, pauseMs: pollMs, random });
  return {
    ...work,
    soon: () => repeater.soon(),
    async reconcileNow(sourceId, keys) {
      await work.reconcileNow(sourceId, keys);
      repeater.soon();
    },
    start: () => repeater.start(0),
    close: () => repeater.close(),
  };
}
