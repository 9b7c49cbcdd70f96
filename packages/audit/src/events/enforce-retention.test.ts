import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { Registry } from 'prom-client';
import { createStoreMetrics, enforceRetention, type RetentionDeps } from './enforce-retention.ts';
import type { Bounds } from './event-store.ts';

const day = 86_400_000;
const soon = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

/** Returns a store with two partitions, which trims with the given function. */
const storeWith = (trim: RetentionDeps['store']['trim']): RetentionDeps['store'] => ({
  trim,
  prepare: async () => undefined,
  partitions: async () => [
    { name: '20261124', events: 3, bytes: 100, oldest: '2026-11-24T01:00:00Z' },
    { name: '20261125', events: 0, bytes: 10 },
  ],
});

function start(changes: Partial<RetentionDeps>) {
  const calls: Bounds[] = [];
  const retention = enforceRetention({
    store: storeWith(async (bounds) => calls.push(bounds)),
    logger: createLogger({ service: 'audit', level: 'silent' }),
    now: () => 100 * day,
    retentionMs: 90 * day,
    keepAnonymous: 5000,
    ...changes,
  });
  return { calls, retention };
}

describe('enforcing retention', () => {
  it('deletes by age in every run, and retries in the next run after a failure', async () => {
    let runs = 0;
    const { retention } = start({
      everyMs: 5,
      store: storeWith(async (bounds) => {
        expect(bounds).toEqual({ before: 10 * day, keepAnonymous: 5000, rememberIds: 50_000, keepPlaces: 500_000 });
        runs += 1;
        if (runs === 1) throw new Error('down');
        return 0;
      }),
    });
    await until(() => runs >= 2);
    await retention.close();
  });

  it('deletes surplus events as soon as a tenth of the limit has arrived', async () => {
    const { calls, retention } = start({ keep: 2000 });
    retention.stored(199);
    await soon();
    expect(calls).toEqual([]);
    retention.stored(1);
    await soon();
    expect(calls).toEqual([
      { before: 10 * day, keep: 2000, keepAnonymous: 5000, rememberIds: 50_000, keepPlaces: 500_000 },
    ]);
    await retention.close();
    retention.stored(5000);
    await soon();
    expect(calls).toHaveLength(1);
  });

  it('limits the events of anonymous callers even if no other events are limited', async () => {
    const { calls, retention } = start({ keepAnonymous: 1500 });
    retention.stored(1499);
    await soon();
    expect(calls).toEqual([]);
    retention.stored(1);
    await soon();
    expect(calls).toEqual([{ before: 10 * day, keepAnonymous: 1500, rememberIds: 50_000, keepPlaces: 150_000 }]);
    await retention.close();
  });

  it('passes on the legal holds, creates the partitions of the next days, and publishes what is stored', async () => {
    const metrics = new Registry();
    const prepared: number[] = [];
    const calls: Bounds[] = [];
    const store = storeWith(async (bounds) => calls.push(bounds));
    const holds = [{ name: 'case 7', from: 0, until: day }];
    const { retention } = start({
      everyMs: 5,
      holds,
      metrics: createStoreMetrics(metrics as never),
      store: { ...store, prepare: async (now) => void prepared.push(now) },
    });
    await until(() => prepared.length > 0);
    await retention.close();
    expect(calls[0]).toMatchObject({ holds });
    expect(prepared[0]).toBe(100 * day);
    const text = await metrics.metrics();
    expect(text).toContain('sallyport_audit_store_partitions 2');
    expect(text).toContain('sallyport_audit_store_bytes 110');
    expect(text).toContain(`sallyport_audit_store_oldest_timestamp_seconds ${Date.UTC(2026, 10, 24, 1) / 1000}`);
    expect(text).toContain('sallyport_audit_store_legal_holds 1');
  });
});
