import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startBed, type Bed } from '@sallyport/bed';
import type { AuditRecord } from '@sallyport/contracts';
import {
  consumeKafkaAudit,
  createKafkaAuditSink,
  type KafkaAuditConsumer,
  type KafkaConfig,
} from '@sallyport/audit-log';
import { createLogger } from '@sallyport/kit';
import { describeAuditSink, sampleAuditRecord, type AuditSinkHarness } from '@sallyport/audit-log/testing';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { eventually } from '../harness/index.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const randomName = (what: string) => `${what}-${crypto.randomUUID()}`;

let bed: Bed | undefined;
async function startKafka(): Promise<NonNullable<Bed['kafka']>> {
  bed ??= await startBed({ need: ['kafka'] });
  if (!bed.kafka) throw new Error(`Kafka is not available: ${JSON.stringify(bed.missing)}`);
  return bed.kafka;
}
afterAll(() => bed?.stop());

/** Creates the topic first, because that takes a broker longer than the timeout of a sink. */
async function makeTopic(kafka: KafkaConfig): Promise<void> {
  const sink = createKafkaAuditSink({ service: 'test', kafka, logger, now: Date.now });
  await eventually('the topic', () => sink.publish(sampleAuditRecord({ session: 'first' })).then(() => true));
  await sink.close();
}

async function startHarness(): Promise<AuditSinkHarness> {
  const server = await startKafka();
  const kafka: KafkaConfig = { brokers: server.brokers, topic: randomName('conformance') };
  const received: AuditRecord[] = [];
  const consumer = consumeKafkaAudit({
    kafka,
    groupId: randomName('suite'),
    logger,
    now: Date.now,
    onRecords: async (records) => void received.push(...records),
  });
  let away = false;
  await makeTopic(kafka);
  return {
    createSink: (settings) => createKafkaAuditSink({ service: 'test', kafka, logger, now: Date.now, ...settings }),
    async takeDown() {
      away = true;
      await server.pause();
    },
    async bringBack() {
      if (!away) return;
      await server.resume();
      away = false;
    },
    received: () => received,
    close: () => consumer.close(),
  };
}

describeAuditSink('Kafka', startHarness);

describe('audit events on Kafka', () => {
  let kafka: KafkaConfig;
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  const createSink = (publishTimeoutMs?: number) =>
    keep(createKafkaAuditSink({ service: 'test', kafka, logger, now: Date.now, publishTimeoutMs }));
  const consume = (
    groupId: string,
    onRecords: (records: readonly AuditRecord[]) => Promise<void>,
  ): KafkaAuditConsumer => keep(consumeKafkaAudit({ kafka, groupId, logger, now: Date.now, onRecords }));
  const events = (count: number, session: string) =>
    Array.from({ length: count }, () => sampleAuditRecord({ session }));

  beforeAll(async () => {
    const server = await startKafka();
    kafka = { brokers: server.brokers, topic: randomName('audit') };
    await makeTopic(kafka);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
  });

  it('are refused within 2 s while a connected broker does not answer, and stored once by id when it resumes', async () => {
    const server = await startKafka();
    const sink = createSink();
    const received: AuditRecord[] = [];
    consume(randomName('frozen'), async (records) => void received.push(...records));
    await sink.publish(sampleAuditRecord());
    await server.freeze();
    const sent = events(30, 'frozen');
    const begun = performance.now();
    const refused = await sink.publish(sent[0]!).then(
      () => undefined,
      (error: unknown) => error,
    );
    const ms = performance.now() - begun;
    for (const record of sent.slice(1)) sink.enqueue(record);
    // Longer than the timeout of the client, so that it retries what the broker may have stored.
    await new Promise((resolve) => setTimeout(resolve, 5000));
    server.thaw();
    expect(refused).toMatchObject({ code: 'audit-unavailable' });
    expect(ms).toBeLessThan(10 * 2000);
    const firsts = () =>
      [
        ...new Map(
          received
            .filter((record) => record.key === 'dev/frozen')
            .toReversed()
            .map((record) => [record.id, record]),
        ).values(),
      ].toReversed();
    await eventually('all events', () => firsts().length === sent.length);
    expect(firsts().map((record) => record.id)).toEqual(sent.map((record) => record.id));
  });

  it('are delivered again to a consumer that exited before it stored them, and not after that', async () => {
    const sink = createSink(30_000);
    const groupId = randomName('group');
    const sent = events(300, 'restart');
    let tries = 0;
    const first = consume(groupId, async (records) => {
      if (records.some((record) => record.key === 'dev/restart')) {
        tries += 1;
        throw new Error('the store is down');
      }
    });
    await Promise.all(sent.map((record) => sink.publish(record)));
    await eventually('a second delivery', () => tries >= 2);
    await first.close();

    const stored: AuditRecord[] = [];
    const store = async (records: readonly AuditRecord[]) =>
      void stored.push(...records.filter((record) => record.key === 'dev/restart'));
    const second = consume(groupId, store);
    await eventually('all events', () => stored.length >= sent.length);
    expect(stored.map((record) => record.id)).toEqual(sent.map((record) => record.id));
    await second.close();

    const more = events(1, 'restart');
    consume(groupId, store);
    await sink.publish(more[0]!);
    await eventually('the new event', () => stored.length > sent.length);
    expect(stored.slice(sent.length).map((record) => record.id)).toEqual([more[0]!.id]);
  });

  it('are still read after a message that is not an event', async () => {
    const sink = createSink(30_000);
    const received: AuditRecord[] = [];
    await sink.publish(sampleAuditRecord());
    const client = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING });
    const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const messages = ['not JSON', '{"kind":"Pod"}', ''].map((value) => ({
      key: 'dev/poison',
      value,
      headers: { ce_id: '1', ce_type: 'x', ce_source: 'y', ce_time: '2026-01-01T00:00:00Z' },
    }));
    await producer.send({ topic: kafka.topic, messages: [...messages, { key: 'dev/poison', value: '{}' }] });
    await producer.disconnect();
    const after = events(1, 'poison');
    await sink.publish(after[0]!);
    consume(
      randomName('poison'),
      async (records) => void received.push(...records.filter((record) => record.key === 'dev/poison')),
    );
    await eventually('the event', () => received.length > 0);
    expect(received).toEqual(after);
  });

  it('are dropped one by one when the broker refuses their size, and do not block others', async () => {
    const sink = createSink(30_000);
    const received: AuditRecord[] = [];
    consume(
      randomName('large'),
      async (records) => void received.push(...records.filter((record) => record.key === 'dev/large')),
    );
    const sent = events(4, 'large');
    const large = sampleAuditRecord({ session: 'large', data: { requestURI: 'x'.repeat(2_000_000) } });
    const outcomes = await Promise.allSettled(
      [sent[0]!, sent[1]!, large, sent[2]!].map((record) => sink.publish(record)),
    );
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    await sink.publish(sent[3]!);
    await eventually('the other events', () => received.length === 4);
    expect(received.map((record) => record.id)).toEqual(sent.map((record) => record.id));
  });
});
