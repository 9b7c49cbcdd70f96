import type { DirectoryStore } from '../store/directory-store.ts';
import type { Metrics } from '@sallyport/kit';
import { Counter, Gauge, Histogram } from 'prom-client';

/** Counts the syncs of sources and their duration. */
export type SyncMetrics = { done(source: string, outcome: 'read' | 'failed', seconds: number): void };

/** Registers the metrics of sources that are read at an interval. */
export function createSyncMetrics(deps: {
  metrics: Metrics | undefined;
  sources: readonly string[];
  store: Pick<DirectoryStore, 'lastSync'>;
}): SyncMetrics {
  const registers = deps.metrics ? [deps.metrics] : [];
  const outcomes = new Counter({
    name: 'sallyport_directory_readings_total',
    help: 'Syncs of a directory, by outcome.',
    labelNames: ['source', 'outcome'],
    registers,
  });
  for (const source of deps.sources) for (const outcome of ['read', 'failed']) outcomes.inc({ source, outcome }, 0);
  const seconds = new Histogram({
    name: 'sallyport_directory_reading_seconds',
    help: 'Time to read a directory and apply its content.',
    labelNames: ['source'],
    buckets: [0.5, 1, 5, 15, 60, 180, 600],
    registers,
  });
  type Sync = NonNullable<Awaited<ReturnType<DirectoryStore['lastSync']>>>;
  const gauge = (name: string, help: string, read: (last: Sync) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['source'],
      registers,
      async collect() {
        for (const source of deps.sources) {
          const last = await deps.store.lastSync(source).catch(() => undefined);
          this.set({ source }, last === undefined ? Number.NaN : read(last));
        }
      },
    });
  gauge(
    'sallyport_directory_last_reading_timestamp_seconds',
    'Time of the last sync of a directory by any replica.',
    ({ at }) => at / 1000,
  );
  gauge('sallyport_directory_people', 'People in the last snapshot of a directory.', ({ people }) => people);
  gauge('sallyport_directory_groups', 'Groups in the last snapshot of a directory.', ({ groups }) => groups);
  return {
    done(source, outcome, took) {
      outcomes.inc({ source, outcome });
      if (outcome === 'read') seconds.observe({ source }, took);
    },
  };
}
