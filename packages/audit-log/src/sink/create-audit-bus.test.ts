import { describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { pino } from 'pino';
import { describeAuditSink, type AuditSinkHarness } from '../testing/audit-sink.conformance.ts';
import { createAuditBus } from './create-audit-bus.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';

const logger = pino({ level: 'silent' });

async function startBus(): Promise<AuditSinkHarness> {
  const received: AuditRecord[] = [];
  let away = false;
  return {
    createSink(settings) {
      const bus = createAuditBus({ logger, now: Date.now, publishTimeoutMs: 800, ...settings });
      bus.subscribe(async (records) => {
        if (away) throw new Error('the store is away');
        received.push(...records);
      });
      return bus;
    },
    goAway: async () => void (away = true),
    comeBack: async () => void (away = false),
    received: () => received,
    close: async () => undefined,
  };
}

describeAuditSink('in-process bus', startBus);

describe('the in-process bus', () => {
  const create = (publishTimeoutMs = 10_000) => createAuditBus({ logger, now: Date.now, publishTimeoutMs });

  it('acknowledges an event only when every subscriber has stored it', async () => {
    const bus = create();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen: string[] = [];
    bus.subscribe(async () => void seen.push('quick'));
    bus.subscribe(async () => {
      await held;
      seen.push('slow');
    });
    const published = bus.publish(sampleAuditRecord());
    published.then(
      () => seen.push('acknowledged'),
      () => undefined,
    );
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(seen).toEqual(['quick']);
    release();
    await published;
    expect(seen).toEqual(['quick', 'slow', 'acknowledged']);
    await bus.close();
  });

  it('gives a batch again to the subscriber that failed, and not to the others', async () => {
    const bus = create();
    const counts = { sound: 0, faulty: 0 };
    bus.subscribe(async () => void (counts.sound += 1));
    bus.subscribe(async () => {
      counts.faulty += 1;
      if (counts.faulty === 1) throw new Error('not now');
    });
    await bus.publish(sampleAuditRecord());
    expect(counts).toEqual({ sound: 1, faulty: 2 });
    await bus.close();
  });

  it('acknowledges nothing while nobody subscribes, and delivers it to the first who does', async () => {
    const bus = create(100);
    const record = sampleAuditRecord();
    await expect(bus.publish(record)).rejects.toMatchObject({ code: 'audit-unavailable' });
    await expect(bus.ping()).rejects.toMatchObject({ code: 'audit-unavailable' });
    const received: AuditRecord[] = [];
    bus.subscribe(async (records) => void received.push(...records));
    while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(received[0]).toEqual(record);
    await expect(bus.ping()).resolves.toBeUndefined();
    await bus.close();
  });
});
