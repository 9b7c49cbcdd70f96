import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '@sallyport/kit';

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
