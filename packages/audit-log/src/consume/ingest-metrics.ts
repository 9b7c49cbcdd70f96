import { Counter } from 'prom-client';
import type { Metrics } from '@sallyport/kit';

/** Registers the counters of the audit service: events stored, and events that the store cannot store. */
export function createIngestMetrics(metrics: Metrics | undefined): {
  stored(count: number): void;
  unstorable(count: number): void;
} {
  if (!metrics) return { stored: () => undefined, unstorable: () => undefined };
  const registers = [metrics];
  const stored = new Counter({
    name: 'sallyport_audit_events_stored_total',
    help: 'Audit events accepted by the store, duplicates included',
    registers,
  });
  const unstorable = new Counter({
    name: 'sallyport_audit_events_unstorable_total',
    help: 'Audit events that the store permanently refused',
    registers,
  });
  return { stored: (count) => stored.inc(count), unstorable: (count) => unstorable.inc(count) };
}
