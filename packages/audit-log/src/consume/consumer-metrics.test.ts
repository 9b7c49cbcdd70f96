import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';
import { createConsumerMetrics } from './consumer-metrics.ts';

function start() {
  const registry = new Registry();
  const clock = { now: 100_000 };
  const metrics = createConsumerMetrics(registry, () => clock.now);
  const read = async (name: string) =>
    [...(await registry.metrics()).matchAll(new RegExp(`^${name}(\\{[^}]*\\})? (\\S+)$`, 'gm'))].map(
      ([, labels = '', value]) => `${labels}${value}`,
    );
  return { metrics, clock, read, oldest: () => read('sallyport_audit_ingest_oldest_seconds') };
}
const at = (...times: number[]) => times.map((time) => sampleAuditRecord({ time }));

describe('the age of the oldest event that is not stored', () => {
  it('grows while an event waits for the store, and is 0 when all are stored', async () => {
    const { metrics, clock, oldest } = start();
    expect(await oldest()).toEqual(['0']);
    metrics.reading(0, at(90_000, 95_000));
    metrics.reading(1, at(99_000));
    expect(await oldest()).toEqual(['10']);
    clock.now = 130_000;
    expect(await oldest()).toEqual(['40']);
    metrics.stored(at(90_000, 95_000));
    metrics.behind(0, 0);
    expect(await oldest()).toEqual(['31']);
    metrics.behind(1, 0);
    expect(await oldest()).toEqual(['0']);
  });

  it('goes on while the partition has more than was stored', async () => {
    const { metrics, clock, oldest } = start();
    metrics.reading(0, at(90_000));
    metrics.stored(at(90_000));
    metrics.behind(0, 7);
    clock.now = 101_000;
    expect(await oldest()).toEqual(['11']);
    metrics.reading(0, at(98_000));
    expect(await oldest()).toEqual(['3']);
  });

  it('does not count partitions that now belong to another consumer', async () => {
    const { metrics, oldest, read } = start();
    metrics.reading(0, at(50_000));
    metrics.reading(1, at(90_000));
    metrics.behind(0, 3);
    metrics.assigned([1]);
    expect(await oldest()).toEqual(['10']);
    expect(await read('sallyport_audit_ingest_behind')).toEqual([]);
    metrics.assigned([]);
    expect(await oldest()).toEqual(['0']);
  });
});
