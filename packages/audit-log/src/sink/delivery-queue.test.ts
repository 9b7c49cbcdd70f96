import { describe, expect, it } from '@jest/globals';
import { createSealer } from '@sallyport/audit-proof';
import { createLogger } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createChainRecords } from './chain-records.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';

describe('a queue of large events', () => {
  it('is full when the events weigh too much, however few, and has room again after delivery', async () => {
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const queue = new DeliveryQueue<string>({
      logger: createLogger({ service: 'proxy', level: 'silent' }),
      now: Date.now,
      publishTimeoutMs: 1000,
      queueLimit: 10_000,
      lingerMs: 0,
      queueWeight: 100,
      sealer: createSealer({ producer: 'p' }),
      chainRecords: createChainRecords({ service: 'proxy', now: Date.now }),
      prepare: (record) => ({ item: record.id, weight: 40 }),
      deliver: () => opened,
    });
    for (const room of [true, true, false]) {
      queue.enqueue(sampleAuditRecord());
      expect(queue.hasRoom()).toBe(room);
    }
    await expect(queue.publish(sampleAuditRecord())).rejects.toMatchObject({ code: 'audit-unavailable' });
    open();
    await until(() => queue.length === 0);
    expect(queue.hasRoom()).toBe(true);
    await queue.publish(sampleAuditRecord());
    await queue.close(1000);
  });
});
