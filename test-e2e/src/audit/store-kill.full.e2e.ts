import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createIngest, openStores } from '@sallyport/audit';
import { consumeKafkaAudit, createKafkaAuditSink, sampleAuditRecord } from '@sallyport/audit-log';
import { startBed, type Bed } from '@sallyport/bed';
import { auditQuerySchema, type AuditRecord } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { eventually } from '../harness/index.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const resolvePath = (file: string) => file;
const total = 6000;
const kills = 4;
let bed: Bed;

beforeAll(async () => {
  bed = await startBed({ need: ['kafka', 'postgres'] });
  if (!bed.kafka || !bed.postgres)
    throw new Error(`Kafka and PostgreSQL are not available: ${JSON.stringify(bed.missing)}`);
});
afterAll(() => bed?.stop());

/** Kills PostgreSQL without warning, as the kernel does when memory runs out, and starts it again. */
async function killPostgres(): Promise<void> {
  process.kill(bed.postgres!.pid()!, 'SIGKILL');
  await bed.postgres!.pause();
  for (let tries = 0; ; tries += 1) {
    try {
      return await bed.postgres!.resume();
    } catch (error) {
      // Until its last child has ended, the shared memory is in use.
      if (tries === 20) throw error;
      await pause(250);
    }
  }
}

describe('a PostgreSQL that is killed while events are stored', () => {
  it('has every event once, in the end', async () => {
    const kafka = { brokers: bed.kafka!.brokers, topic: `killed-${crypto.randomUUID()}` };
    const session = crypto.randomUUID();
    // Creating the topic and writing this much can take longer than the usual timeout.
    const sink = createKafkaAuditSink({ service: 'test', kafka, logger, now: Date.now, publishTimeoutMs: 30_000 });
    const sent: AuditRecord[] = Array.from({ length: total }, () => sampleAuditRecord({ session }));
    await Promise.all(sent.map((record) => sink.publish(record)));
    await sink.close();

    const stores = openStores({ postgres: bed.postgres!.url }, { logger, resolvePath });
    let stored = 0;
    const ingest = createIngest({
      store: stores.events,
      logger,
      onStored: (records) => void (stored += records.length),
    });
    const consumer = consumeKafkaAudit({
      kafka,
      groupId: kafka.topic,
      onRecords: ingest,
      logger,
      now: Date.now,
      resolvePath,
      chunk: 50,
    });
    for (let kill = 1; kill <= kills; kill += 1) {
      const next = (total * kill) / (kills + 1);
      await eventually(
        `${next} stored events`,
        () => stored >= next,
        undefined,
        () => `(${stored})`,
        5,
      );
      await pause(Math.random() * 50);
      await killPostgres();
    }
    await eventually(
      `${total} stored events`,
      () => stored >= total,
      undefined,
      () => `(${stored})`,
    );
    await consumer.close();

    const found: AuditRecord[] = [];
    for (let after: string | undefined; ;) {
      const page = await stores.events.find(auditQuerySchema.parse({ session, order: 'oldest', limit: 1000, after }));
      found.push(...page.events);
      after = page.next;
      if (after === undefined) break;
    }
    await stores.close();
    expect(found.map(({ id }) => id).toSorted()).toEqual(sent.map(({ id }) => id).toSorted());
  });
});
