import type { AuditRecord } from '@sallyport/contracts';
import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '@sallyport/kit';

/** The metrics of a consumer of the topic. */
export type ConsumerMetrics = {
  stored(records: readonly AuditRecord[], now: number): void;
  skipped(): void;
  behind(partition: number, events: number): void;
};

/**
 * Registers a consumer's metrics: events stored, messages skipped, the age of events when stored, and the number of
 * messages not yet read per partition.
 */
export function createConsumerMetrics(metrics: Metrics | undefined): ConsumerMetrics {
  if (!metrics) return { stored: () => undefined, skipped: () => undefined, behind: () => undefined };
  const registers = [metrics];
  const stored = new Counter({
    name: 'sallyport_audit_events_consumed_total',
    help: 'Audit events read from the topic and stored',
    registers,
  });
  const skipped = new Counter({
    name: 'sallyport_audit_messages_skipped_total',
    help: 'Messages on the audit topic that were not audit events',
    registers,
  });
  const lag = new Gauge({
    name: 'sallyport_audit_ingest_lag_seconds',
    help: 'Age of the oldest event in the last batch when it was stored',
    registers,
  });
  const behind = new Gauge({
    name: 'sallyport_audit_ingest_behind',
    help: 'Messages on a partition not yet read, as of its last batch',
    labelNames: ['partition'],
    registers,
  });
  return {
    stored(records, now) {
      stored.inc(records.length);
      if (records[0]) lag.set(Math.max(0, (now - Date.parse(records[0].time)) / 1000));
    },
    skipped: () => skipped.inc(),
    behind: (partition, events) => behind.set({ partition: String(partition) }, events),
  };
}
