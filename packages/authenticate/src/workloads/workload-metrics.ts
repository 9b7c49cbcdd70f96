import type { Metrics } from '@sallyport/kit';
import { Counter } from 'prom-client';

/** Counts what happens to the tokens of workloads. */
export type WorkloadMetrics = {
  /** A signature was verified, which happens once per token. */
  verified(): void;
  ended(outcome: 'accepted' | 'refused' | 'failed'): void;
  fetched(outcome: 'ok' | 'failed'): void;
};

/** Creates the counters. */
export function createWorkloadMetrics(metrics: Metrics | undefined): WorkloadMetrics {
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
  return {
    verified: () => verifications.inc(),
    ended: (outcome) => tokens.inc({ outcome }),
    fetched: (outcome) => fetches.inc({ outcome }),
  };
}
