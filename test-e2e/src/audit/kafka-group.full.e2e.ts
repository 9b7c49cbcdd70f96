import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createIngest, openStores, type EventStore } from '@sallyport/audit';
import {
  consumeKafkaAudit,
  createKafkaAuditSink,
  sampleAuditRecord,
  type KafkaAuditConsumer,
  type KafkaConfig,
} from '@sallyport/audit-log';
import { startBed, type Bed } from '@sallyport/bed';
import { auditQuerySchema, type AuditRecord } from '@sallyport/contracts';
import { createLogger, createMetrics } from '@sallyport/kit';
import { eventually } from '../harness/index.ts';

const lines: string[] = [];
const logger = createLogger({
  service: 'test',
  level: 'info',
  destination: { write: (line) => void lines.push(line) },
});
const joins = () => lines.filter((line) => line.includes('subscribed to the audit topic')).length;

let bed: Bed;
let kafka: KafkaConfig;
const opened: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(one: T): T => {
  opened.push(one);
  return one;
};
const createSink = () =>
  keep(createKafkaAuditSink({ service: 'test', kafka, logger, now: Date.now, publishTimeoutMs: 30_000 }));
const createTopic = async (): Promise<void> => {
  kafka = { brokers: bed.kafka!.brokers, topic: `group-${crypto.randomUUID()}` };
  const sink = createSink();
  await eventually('the topic', () => sink.publish(sampleAuditRecord()).then(() => true as const));
};

beforeAll(async () => {
  bed = await startBed({ need: ['kafka', 'postgres'] });
  if (!bed.kafka || !bed.postgres)
    throw new Error(`Kafka and PostgreSQL are not available: ${JSON.stringify(bed.missing)}`);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  lines.length = 0;
});
afterAll(() => bed?.stop());

async function findAll(events: EventStore, session: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await events.find(auditQuerySchema.parse({ session, order: 'oldest', limit: 1000, after }));
    ids.push(...page.events.map(({ id }) => id));
    after = page.next;
    if (after === undefined) return ids;
  }
}

describe('consumers of one group', () => {
  it('keep their partitions while the store is slower than the timeout of the group, and show how old events get', async () => {
    await createTopic();
    const metrics = createMetrics();
    const ageNow = async () =>
      Number(/^sallyport_audit_ingest_oldest_seconds (\S+)$/m.exec(await metrics.metrics())?.[1]);
    const received: string[] = [];
    const store = Promise.withResolvers<void>();
    const sent = Array.from({ length: 50 }, () => sampleAuditRecord({ session: 'slow' }));
    const sink = createSink();
    await Promise.all(sent.map((record) => sink.publish(record)));
    keep(
      consumeKafkaAudit({
        kafka,
        groupId: kafka.topic,
        logger,
        metrics,
        now: Date.now,
        async onRecords(records) {
          received.push(...records.filter(({ key }) => key === 'dev/slow').map(({ id }) => id));
          if (records.some(({ key }) => key === 'dev/slow')) await store.promise;
        },
      }),
    );
    await eventually('the first events', () => received.length > 0);
    // The group ends the membership of a consumer that is silent for 10 s.
    await pause(13_000);
    await eventually('old events', async () => (await ageNow()) > 10);
    store.resolve();
    await eventually('the end of the topic', async () => (await ageNow()) === 0);
    const last = sampleAuditRecord({ session: 'slow' });
    await sink.publish(last);
    await eventually('the last event', () => received.includes(last.id));
    expect(received).toEqual([...sent, last].map(({ id }) => id));
    expect(joins()).toBe(1);
  });

  it('store every event once, and in order, while consumers join and leave under load', async () => {
    await createTopic();
    const stores = openStores({ postgres: bed.postgres!.url }, { logger, resolvePath: (file) => file });
    keep(stores);
    const run = crypto.randomUUID();
    const sessions = Array.from({ length: 12 }, (_, at) => `${run}-${at}`);
    const sent = new Map<string, string[]>(sessions.map((session) => [session, []]));
    const arrived: AuditRecord[] = [];
    const join = (): KafkaAuditConsumer => {
      const ingest = createIngest({
        store: stores.events,
        logger,
        onStored: (records) => void arrived.push(...records),
      });
      return consumeKafkaAudit({ kafka, groupId: kafka.topic, onRecords: ingest, logger, now: Date.now, chunk: 100 });
    };
    const sink = createSink();
    let isOver = false;
    const load = (async () => {
      while (!isOver) {
        for (const session of sessions) {
          const record = sampleAuditRecord({ session });
          sent.get(session)!.push(record.id);
          sink.enqueue(record);
        }
        await pause(50);
      }
    })();
    const consumers = [join()];
    for (let turn = 1; turn <= 3; turn += 1) {
      await pause(2000);
      consumers.push(join());
      const before = joins();
      // Both are members of the next generation.
      await eventually('a rebalance', () => joins() > before);
      await pause(1000);
      await consumers.shift()!.close();
    }
    isOver = true;
    await load;
    const total = [...sent.values()].flat().length;
    const ids = () => new Set(arrived.map(({ id }) => id));
    await eventually(
      'all events',
      () => ids().size >= total,
      60_000,
      () => `${ids().size} of ${total} are stored\n${lines.slice(-10).join('')}`,
    );
    await Promise.all(consumers.map((consumer) => consumer.close()));
    process.stderr.write(`rebalances: ${joins()} joins, ${total} events, ${arrived.length} deliveries\n`);
    for (const session of sessions) {
      expect(await findAll(stores.events, session)).toEqual(sent.get(session));
      // The first delivery of each is in order, too.
      const firsts = new Set(arrived.filter(({ key }) => key === `dev/${session}`).map(({ id }) => id));
      expect([...firsts]).toEqual(sent.get(session));
    }
  });
});
