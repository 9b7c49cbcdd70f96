import type { DirectoryStore } from '../store/directory-store.ts';
import type { Metrics } from '@sallyport/kit';
import { Counter, Gauge, Histogram } from 'prom-client';

/** What the reading of sources tells operators. */
export type SyncMetrics = { done(source: string, outcome: 'read' | 'failed', seconds: number): void };

/** Registers the metrics of sources that are read. */
export function createSyncMetrics(deps: {
  metrics: Metrics | undefined;
  sources: readonly string[];
  store: Pick<DirectoryStore, 'lastSync'>;
}): SyncMetrics {
  const registers = deps.metrics ? [deps.metrics] : [];
  const outcomes = new Counter({
    name: 'sallyport_directory_readings_total',
    help: 'Readings of directories, by what came of them.',
    labelNames: ['source', 'outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'sallyport_directory_reading_seconds',
    help: 'How long it took to read a directory and to take over what it says.',
    labelNames: ['source'],
    buckets: [0.5, 1, 5, 15, 60, 180, 600],
    registers,
  });
  const gauges = [
    ['at', 'sallyport_directory_last_reading_timestamp_seconds'],
    ['people', 'sallyport_directory_people'],
    ['groups', 'sallyport_directory_groups'],
  ] as const;
  const helps = {
    at: 'When a directory was last read, over all replicas.',
    people: 'People in the last reading of a directory.',
    groups: 'Groups in the last reading of a directory.',
  };
  for (const [field, name] of gauges) {
    new Gauge({
      name,
      help: helps[field],
      labelNames: ['source'],
      registers,
      async collect() {
        for (const source of deps.sources) {
          const reading = await deps.store.lastSync(source).catch(() => undefined);
          this.set(
            { source },
            reading === undefined ? Number.NaN : field === 'at' ? reading.at / 1000 : reading[field],
          );
        }
      },
    });
  }
  return {
    done(source, outcome, took) {
      outcomes.inc({ source, outcome });
      if (outcome === 'read') seconds.observe({ source }, took);
    },
  };
}
