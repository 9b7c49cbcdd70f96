import type { Metrics } from '@sallyport/kit';
import { Counter, Gauge } from 'prom-client';

/** The metrics of checkpoints. */
export type CheckpointMetrics = {
  signed(now: number): void;
  gap(events: number): void;
  failed(): void;
  unanchored(count: number): void;
  /** Says how long a checkpoint has been overdue, in milliseconds, whenever the metrics are read. */
  watch(overdueMs: () => number): void;
};

/** Registers the metrics of checkpoints: those signed and when the last one was, those overdue, gaps, and failures. */
export function createCheckpointMetrics(metrics: Metrics | undefined): CheckpointMetrics {
  const registers = metrics ? [metrics] : [];
  const signed = new Counter({
    name: 'sallyport_audit_checkpoints_signed_total',
    help: 'Checkpoints of the audit trail that this replica signed',
    registers,
  });
  const last = new Gauge({
    name: 'sallyport_audit_checkpoint_timestamp_seconds',
    help: 'When this replica signed its last checkpoint',
    registers,
  });
  const gaps = new Counter({
    name: 'sallyport_audit_missing_events_total',
    help: 'Audit events that did not arrive, although later ones of their producer did',
    registers,
  });
  const failed = new Counter({
    name: 'sallyport_audit_anchor_failures_total',
    help: 'Failed attempts to keep checkpoints in their second place',
    registers,
  });
  const unanchored = new Gauge({
    name: 'sallyport_audit_checkpoints_unanchored',
    help: 'Checkpoints that are not yet in their second place',
    registers,
  });
  let overdueMs = () => 0;
  new Gauge({
    name: 'sallyport_audit_checkpoint_overdue_seconds',
    help: 'How long a checkpoint of stored events has been overdue, 0 if none is',
    registers,
    collect() {
      this.set(overdueMs() / 1000);
    },
  });
  return {
    watch(read) {
      overdueMs = read;
    },
    signed(now) {
      signed.inc();
      last.set(now / 1000);
    },
    gap: (events) => gaps.inc(events),
    failed: () => failed.inc(),
    unanchored: (count) => unanchored.set(count),
  };
}
