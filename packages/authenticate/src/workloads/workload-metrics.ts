import type { Metrics } from '@sallyport/kit';
import { Counter } from 'prom-client';

/** Counts what happens to the tokens of workloads. */
export function createWorkloadMetrics(metrics: Metrics | undefined) {
  const registers = metrics ? [metrics] : [];
  const verifications = new Counter({
    name: 'sallyport_workload_verifications_total',
    help: 'Signatures of workload tokens that were verified.',
    registers,
  });
  const tokens = new Counter({
    name: 'sallyport_workload_tokens_total',
    help: 'Workload tokens that were presented for a session, by outcome: accepted, refused or failed.',
    labelNames: ['outcome'],
    registers,
  });
  const fetches = new Counter({
    name: 'sallyport_workload_key_fetches_total',
    help: 'Fetches of the keys of issuers of workload tokens, by outcome: ok or failed.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['accepted', 'refused', 'failed']) tokens.inc({ outcome }, 0);
  for (const outcome of ['ok', 'failed']) fetches.inc({ outcome }, 0);
  return {
    /** A signature was verified, which happens once per token. */
    verified: () => verifications.inc(),
    ended: (outcome: 'accepted' | 'refused' | 'failed') => tokens.inc({ outcome }),
    fetched: (outcome: 'ok' | 'failed') => fetches.inc({ outcome }),
  };
}
export type WorkloadMetrics = ReturnType<typeof createWorkloadMetrics>;
