import type { Metrics } from '@sallyport/kit';
import { Gauge } from 'prom-client';
import type { StoredPartition } from './store/audit-store.ts';

/** The metrics of what is stored. */
export type StoreMetrics = { set(partitions: readonly StoredPartition[], holds: number): void };

/** Registers the metrics of the store: its partitions, their size, the oldest event, and the legal holds. */
export function createStoreMetrics(metrics: Metrics): StoreMetrics {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `sallyport_audit_store_${name}`, help, registers: [metrics] });
  const partitions = gauge('partitions', 'Partitions (days) of the audit store, including those created ahead');
  const bytes = gauge('bytes', 'Size of the audit store with its indexes, in bytes');
  const events = gauge('events', 'Events in the audit store, approximately');
  const oldest = gauge('oldest_timestamp_seconds', 'Time of the oldest event in the audit store');
  const held = gauge('legal_holds', 'Legal holds in the configuration');
  return {
    set(stored, holds) {
      const sum = (of: (one: StoredPartition) => number) => stored.reduce((total, one) => total + of(one), 0);
      partitions.set(stored.length);
      bytes.set(sum((one) => one.bytes));
      events.set(sum((one) => one.events));
      const times = stored.flatMap((one) => (one.oldest === undefined ? [] : [Date.parse(one.oldest) / 1000]));
      if (times.length > 0) oldest.set(Math.min(...times));
      held.set(holds);
    },
  };
}
