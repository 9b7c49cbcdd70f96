import { Counter } from 'prom-client';
import type { Metrics } from '@sallyport/kit';

/** Registers what the audit service counts itself: events stored, and events the store refused for good. */
export function createIngestMetrics(metrics: Metrics | undefined): {
  stored(count: number): void;
  unstorable(count: number): void;
} {
  if (!metrics) return { stored: () => undefined, unstorable: () => undefined };
  const registers = [metrics];
  const stored = new Counter({
    name: 'sallyport_audit_events_stored_total',
    help: 'Audit events given to the store and taken, repetitions included',
    registers,
  });
  const unstorable = new Counter({
    name: 'sallyport_audit_events_unstorable_total',
    help: 'Audit events that the store refused for good',
    registers,
  });
  return { stored: (count) => stored.inc(count), unstorable: (count) => unstorable.inc(count) };
}
