import type { Metrics } from '@sallyport/kit';
import { Counter, Gauge } from 'prom-client';

/** The metrics of the webhook. Clusters are those of the configuration. */
export type WebhookMetrics = {
  received(cluster: string, counts: { stored: number; unreadable: number; untimely: number }): void;
  refused(code: string): void;
};

/** Registers the metrics of the webhook: events by outcome, when the last ones came, and refused batches. */
export function createWebhookMetrics(metrics: Metrics | undefined): WebhookMetrics {
  const registers = metrics ? [metrics] : [];
  const events = new Counter({
    name: 'sallyport_audit_cluster_events_total',
    help: "Events of clusters' own audit logs that were received, by what became of them",
    labelNames: ['cluster', 'outcome'],
    registers,
  });
  const last = new Gauge({
    name: 'sallyport_audit_cluster_last_batch_timestamp_seconds',
    help: 'When a cluster last sent events of its own audit log to this replica',
    labelNames: ['cluster'],
    registers,
  });
  const refused = new Counter({
    name: 'sallyport_audit_cluster_batches_refused_total',
    help: "Refused batches of clusters' own audit events, by the code of the problem",
    labelNames: ['code'],
    registers,
  });
  return {
    received(cluster, { stored, unreadable, untimely }) {
      events.inc({ cluster, outcome: 'accepted' }, stored);
      events.inc({ cluster, outcome: 'unreadable' }, unreadable);
      events.inc({ cluster, outcome: 'untimely' }, untimely);
      last.set({ cluster }, Date.now() / 1000);
    },
    refused: (code) => refused.inc({ code }),
  };
}
