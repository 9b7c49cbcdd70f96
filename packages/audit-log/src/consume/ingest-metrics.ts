import { Counter } from 'prom-client';
import type { Metrics } from '@sallyport/kit';

/**
 * Registers the counters of the audit service: events stored, those that the store cannot store, and those with the id
 * of another.
 */
export function createIngestMetrics(metrics: Metrics | undefined): {
  stored(count: number): void;
  unstorable(count: number): void;
  conflicting(count: number): void;
} {
  if (!metrics) return { stored: () => undefined, unstorable: () => undefined, conflicting: () => undefined };
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
  const conflicting = new Counter({
    name: 'sallyport_audit_events_conflicting_total',
    help: 'Audit events that have the id and time of a stored event and say something else',
    registers,
  });
  return {
    stored: (count) => stored.inc(count),
    unstorable: (count) => unstorable.inc(count),
    conflicting: (count) => conflicting.inc(count),
  };
}
