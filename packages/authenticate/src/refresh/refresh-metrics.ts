import type { Metrics } from '@sallyport/kit';
import { Counter, Gauge, Histogram } from 'prom-client';

const outcomeNames = ['unchanged', 'changed', 'ended', 'retry', 'overtaken'] as const;
export type RefreshOutcome = (typeof outcomeNames)[number];

/** The metrics of refreshing. */
type RefreshMetrics = { done(provider: string, outcome: RefreshOutcome, seconds: number): void };

/** Registers the metrics. `count` returns how many sessions are refreshed, over all replicas. */
export function createRefreshMetrics(deps: {
  metrics: Metrics | undefined;
  providers: readonly { id: string }[];
  count: () => Promise<number>;
}): RefreshMetrics {
  const registers = deps.metrics ? [deps.metrics] : [];
  const outcomes = new Counter({
    name: 'sallyport_session_refreshes_total',
    help: 'Session refreshes at identity providers, by outcome.',
    labelNames: ['provider', 'outcome'],
    registers,
  });
  // From the start, so that an alert sees the first of each kind as a rise.
  for (const { id: provider } of deps.providers)
    for (const outcome of outcomeNames) outcomes.inc({ provider, outcome }, 0);
  const seconds = new Histogram({
    name: 'sallyport_session_refresh_seconds',
    help: 'How long identity providers took to refresh a session.',
    labelNames: ['provider'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    registers,
  });
  new Gauge({
    name: 'sallyport_sessions_refreshed',
    help: 'Live sessions that are refreshed, over all replicas.',
    registers,
    async collect() {
      this.set(await deps.count().catch(() => Number.NaN));
    },
  });
  return {
    done(provider, outcome, took) {
      outcomes.inc({ provider, outcome });
      seconds.observe({ provider }, took);
    },
  };
}
