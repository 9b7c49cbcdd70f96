import type { Metrics } from '@sallyport/kit';
import { Counter, Gauge } from 'prom-client';
import type { ReconcileOutcome } from './reconcile-session.ts';

/**
 * Registers what the following of the directory tells operators; `count` says how many keys of a source wait, over all
 * replicas.
 */
export function createReconcilerMetrics(deps: {
  metrics: Metrics | undefined;
  sourceIds: readonly string[];
  count(sourceId: string): Promise<number>;
}): { settled(outcome: ReconcileOutcome): void } {
  const registers = deps.metrics ? [deps.metrics] : [];
  const outcomes = new Counter({
    name: 'sallyport_directory_sessions_total',
    help: 'Sessions that were compared with the directory, by what came of it.',
    labelNames: ['outcome'],
    registers,
  });
  new Gauge({
    name: 'sallyport_directory_waiting',
    help: 'Changes of people whose sessions have not been compared with the directory yet, over all replicas.',
    labelNames: ['source'],
    registers,
    async collect() {
      for (const source of deps.sourceIds) this.set({ source }, await deps.count(source).catch(() => Number.NaN));
    },
  });
  return { settled: (outcome) => outcomes.inc({ outcome }) };
}
