import { runEvery, type Logger, type Metrics } from '@sallyport/kit';
import { Gauge } from 'prom-client';
import type { EventStore, LegalHold, StoredPartition } from './event-store.ts';

/** The metrics of what is stored. */
type StoreMetrics = { set(partitions: readonly StoredPartition[], holds: number): void };

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

export type RetentionDeps = {
  store: Pick<EventStore, 'trim' | 'prepare' | 'partitions'>;
  logger: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  retentionMs: number;
  /** How many of the newest events are kept. Without it, only their age counts. */
  keep?: number;
  /** How many of the newest events of anonymous callers are kept in addition, in every kind of store. */
  keepAnonymous: number;
  /** Times whose events are kept. */
  holds?: readonly LegalHold[];
  everyMs?: number;
  metrics?: StoreMetrics;
};

/** How many ids of aggregated events are kept. Kafka delivers only a small fraction of that again. */
const rememberIds = 50_000;

/** For each event of anonymous callers that is kept, the places of so many that were aggregated into others are kept. */
const placesPerEvent = 100;

/**
 * Deletes events that are too old or too many: at intervals, and as soon as a tenth of `keep`, or as many as
 * `keepAnonymous`, have arrived since the last run.
 */
export type Retention = { stored(count: number): void; close(): Promise<void> };

/** Starts the retention job. If the store is unavailable, the next run retries. */
export function enforceRetention(deps: RetentionDeps): Retention {
  const { keep, keepAnonymous, holds = [], logger, store } = deps;
  const threshold = Math.max(100, Math.min((keep ?? Infinity) / 10, keepAnonymous));
  let since = 0;

  /** Creates the partitions of the next days, and tells what is stored. */
  const prepare = async (): Promise<void> => {
    await store.prepare(deps.now());
    deps.metrics?.set(await store.partitions(), holds.length);
  };
  const trim = async (): Promise<void> => {
    since = 0;
    try {
      const deleted = await store.trim({
        before: deps.now() - deps.retentionMs,
        keepAnonymous,
        rememberIds,
        keepPlaces: placesPerEvent * keepAnonymous,
        ...(keep === undefined ? {} : { keep }),
        ...(holds.length === 0 ? {} : { holds }),
      });
      if (deleted > 0) logger.debug({ deleted }, 'deleted events past retention');
      await prepare();
    } catch (error) {
      logger.warn({ reason: (error as Error).message }, 'cannot delete events past retention');
    }
  };
  for (const { name, from, until } of holds)
    logger.info(
      {
        name,
        from: new Date(from).toISOString(),
        until: until === undefined ? 'no end' : new Date(until).toISOString(),
      },
      'a legal hold keeps audit events',
    );
  const trims = runEvery(deps.everyMs ?? 60_000, trim);
  return {
    stored(count) {
      since += count;
      if (since >= threshold) trims.now();
    },
    close: () => trims.close(),
  };
}
