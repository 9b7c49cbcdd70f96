import type { AuditRecord } from '@sallyport/contracts';
import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '@sallyport/kit';

/** The metrics of a consumer of the topic. Times of events are theirs, in RFC 3339. */
export type ConsumerMetrics = {
  /** The events that a partition hands over next, the oldest first. */
  reading(partition: number, records: readonly AuditRecord[]): void;
  stored(records: readonly AuditRecord[]): void;
  skipped(): void;
  /** How many messages of a partition are left after those that were stored. */
  behind(partition: number, messages: number): void;
  /** The partitions that this consumer now reads. It knows nothing about the others any more. */
  assigned(partitions: readonly number[]): void;
};

/**
 * Registers a consumer's metrics: events stored, messages skipped, the age of events when stored, the age of the oldest
 * event that is not stored, and the number of messages not yet read per partition. `now` is in milliseconds since the
 * epoch.
 */
export function createConsumerMetrics(metrics: Metrics | undefined, now: () => number): ConsumerMetrics {
  if (!metrics) return silent;
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
  /** By partition, the time of the oldest event that may not be stored. A partition that is read to its end has none. */
  const oldest = new Map<number, number>();
  const ageInSeconds = (time: number) => Math.max(0, (now() - time) / 1000);
  const age = new Gauge({
    name: 'sallyport_audit_ingest_oldest_seconds',
    help: 'Age of the oldest event on the partitions of this process that is not stored, 0 if all are',
    registers,
    collect() {
      this.set(oldest.size === 0 ? 0 : ageInSeconds(Math.min(...oldest.values())));
    },
  });
  age.set(0);
  return {
    reading(partition, [first]) {
      if (first) oldest.set(partition, Date.parse(first.time));
    },
    stored(records) {
      stored.inc(records.length);
      if (records[0]) lag.set(ageInSeconds(Date.parse(records[0].time)));
    },
    skipped: () => skipped.inc(),
    behind(partition, messages) {
      behind.set({ partition: String(partition) }, messages);
      // The next one is at most as old as those that were just stored, whose time stays until it is read.
      if (messages <= 0) oldest.delete(partition);
    },
    assigned(partitions) {
      behind.reset();
      for (const partition of oldest.keys()) if (!partitions.includes(partition)) oldest.delete(partition);
    },
  };
}

const silent: ConsumerMetrics = {
  reading: () => undefined,
  stored: () => undefined,
  skipped: () => undefined,
  behind: () => undefined,
  assigned: () => undefined,
};
