import type { Metrics } from '@sallyport/kit';
import type { Spool } from '@sallyport/spool';
import { Counter, Gauge } from 'prom-client';

/** The metrics of a sink. */
export type SinkMetrics = { delivered(count: number): void; failed(): void; dropped(count: number): void };

/**
 * Registers a sink's metrics: events delivered and lost, failed sends, and the length and oldest age of the queue,
 * which are read at each scrape. Counts nothing without a registry.
 */
export function createSinkMetrics(
  metrics: Metrics | undefined,
  queue: () => { length: number; oldestAgeMs(): number },
): SinkMetrics {
  if (!metrics) return { delivered: () => undefined, failed: () => undefined, dropped: () => undefined };
  const registers = [metrics];
  const delivered = new Counter({
    name: 'sallyport_audit_events_delivered_total',
    help: 'Audit events acknowledged by the log',
    registers,
  });
  const failed = new Counter({
    name: 'sallyport_audit_send_failures_total',
    help: 'Failed attempts to send audit events',
    registers,
  });
  const dropped = new Counter({
    name: 'sallyport_audit_events_lost_total',
    help: 'Audit events that were lost',
    registers,
  });
  const length: Gauge = new Gauge({
    name: 'sallyport_audit_queue_length',
    help: 'Audit events not yet acknowledged',
    registers,
    collect: () => length.set(queue().length),
  });
  const age: Gauge = new Gauge({
    name: 'sallyport_audit_queue_oldest_seconds',
    help: 'Age of the oldest audit event not yet acknowledged',
    registers,
    collect: () => age.set(queue().oldestAgeMs() / 1000),
  });
  return {
    delivered: (count) => delivered.inc(count),
    failed: () => failed.inc(),
    dropped: (count) => dropped.inc(count),
  };
}

/** Registers what an operator watches of a spool. The values are read at each scrape. */
export function registerSpoolMetrics(metrics: Metrics | undefined, spool: Pick<Spool, 'status'>): void {
  if (!metrics) return;
  const gauge = (name: string, help: string, read: (status: Spool['status']) => number) => {
    const made: Gauge = new Gauge({ name, help, registers: [metrics], collect: () => made.set(read(spool.status)) });
  };
  gauge('sallyport_audit_spool_bytes', 'Bytes that the spool of audit events occupies', ({ bytes }) => bytes);
  gauge('sallyport_audit_spool_limit_bytes', 'Bytes that the spool may occupy', ({ maxBytes }) => maxBytes);
  gauge('sallyport_audit_spool_segments', 'Files of the spool of audit events', ({ segments }) => segments);
  gauge('sallyport_audit_spool_disk_errors', 'Disk operations of the spool that failed', ({ failures }) => failures);
  gauge('sallyport_audit_spool_lost_events', 'Audit events that the disk of the spool lost', ({ lost }) => lost);
}
