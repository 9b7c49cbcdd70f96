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
  const seconds = new Histogram({
    name: 'sallyport_directory_reading_seconds',
    help: 'Time to read a directory and apply its content.',
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
    at: 'Time of the last sync of a directory by any replica.',
    people: 'People in the last snapshot of a directory.',
    groups: 'Groups in the last snapshot of a directory.',
  };
  for (const [field, name] of gauges) {
    new Gauge({
      name,
      help: helps[field],
      labelNames: ['source'],
      registers,
      async collect() {
        for (const source of deps.sources) {
          const last = await deps.store.lastSync(source).catch(() => undefined);
          this.set({ source }, last === undefined ? Number.NaN : field === 'at' ? last.at / 1000 : last[field]);
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
