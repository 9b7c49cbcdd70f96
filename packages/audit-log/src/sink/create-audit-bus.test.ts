import { describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import { pino } from 'pino';
import { describeAuditSink, type AuditSinkHarness } from '../testing/audit-sink.conformance.ts';
import { createAuditBus } from './create-audit-bus.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';

const logger = pino({ level: 'silent' });

async function startBus(): Promise<AuditSinkHarness> {
  const received: AuditRecord[] = [];
  let unavailable = false;
  return {
    createSink(settings) {
      const bus = createAuditBus({ logger, now: Date.now, publishTimeoutMs: 800, ...settings });
      bus.subscribe('one', async (records) => {
        if (unavailable) throw new Error('the store is unavailable');
        received.push(...records);
      });
      return bus;
    },
    takeDown: async () => void (unavailable = true),
    bringBack: async () => void (unavailable = false),
    received: () => received,
    close: async () => undefined,
  };
}

describeAuditSink('in-process bus', startBus);

describe('the in-process bus', () => {
  it('ends its chain with a closing checkpoint of the whole process', async () => {
    const received: AuditRecord[] = [];
    const bus = createAuditBus({ logger, now: Date.now });
    bus.subscribe('one', async (records) => void received.push(...records));
    await bus.publish(sampleAuditRecord());
    await bus.close();
    expect(received.at(-1)).toMatchObject({
      type: 'audit.checkpoint',
      source: 'sallyport/standalone',
      data: { sallyport: { seq: 2, checkpoint: { closing: true } } },
    });
  });

  const create = (publishTimeoutMs = 10_000) => createAuditBus({ logger, now: Date.now, publishTimeoutMs });

  it('acknowledges an event only after every subscriber has stored it', async () => {
    const bus = create();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen: string[] = [];
    bus.subscribe('one', async () => void seen.push('quick'));
    bus.subscribe('one', async () => {
      await held;
      seen.push('slow');
    });
    const published = bus.publish(sampleAuditRecord());
    published.then(
      () => seen.push('acknowledged'),
      () => undefined,
    );
    await until(() => seen.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(seen).toEqual(['quick']);
    release();
    await published;
    expect(seen).toEqual(['quick', 'slow', 'acknowledged']);
    await bus.close();
  });

  it('repeats a batch only to the subscriber that failed', async () => {
    const bus = create();
    const counts = { healthy: 0, failing: 0 };
    bus.subscribe('one', async () => void (counts.healthy += 1));
    bus.subscribe('one', async () => {
      counts.failing += 1;
      if (counts.failing === 1) throw new Error('not now');
    });
    await bus.publish(sampleAuditRecord());
    expect(counts).toEqual({ healthy: 1, failing: 2 });
    await bus.close();
  });

  it('acknowledges nothing without a subscriber, and delivers to the first one that subscribes', async () => {
    const bus = create(100);
    const record = sampleAuditRecord();
    await expect(bus.publish(record)).rejects.toMatchObject({ code: 'audit-unavailable' });
    await expect(bus.ping()).rejects.toMatchObject({ code: 'audit-unavailable' });
    const received: AuditRecord[] = [];
    bus.subscribe('one', async (records) => void received.push(...records));
    await until(() => received.length > 0);
    expect(received[0]).toEqual(record);
    await expect(bus.ping()).resolves.toBeUndefined();
    await bus.close();
  });
});
