import type { Metrics } from '@sallyport/kit';
import { Counter, Gauge } from 'prom-client';
import type { ReconcileOutcome } from './reconcile-session.ts';

/** Registers the metrics of reconciliation. `count` returns how many keys of a source are waiting, over all replicas. */
export function createReconcilerMetrics(deps: {
  metrics: Metrics | undefined;
  sourceIds: readonly string[];
  count(sourceId: string): Promise<number>;
}): { reconciled(outcome: ReconcileOutcome): void } {
  const registers = deps.metrics ? [deps.metrics] : [];
  const outcomes = new Counter({
    name: 'sallyport_directory_sessions_total',
    help: 'Sessions reconciled with the directory, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  new Gauge({
    name: 'sallyport_directory_waiting',
    help: 'Changes whose sessions have not been reconciled yet, over all replicas.',
    labelNames: ['source'],
    registers,
    async collect() {
      for (const source of deps.sourceIds) this.set({ source }, await deps.count(source).catch(() => Number.NaN));
    },
  });
  return { reconciled: (outcome) => outcomes.inc({ outcome }) };
}
