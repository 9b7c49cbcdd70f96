import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { hashEvent } from '@sallyport/audit-proof';
import type { AuditEvent, AuditRecord } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import { openSpool } from '@sallyport/spool';
import { createFaultyFiles, type FaultyFiles } from '@sallyport/spool/testing';
import type { Message } from 'kafkajs';
import { pino } from 'pino';
import { UndeliverableError } from '../kafka/kafka-errors.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';
import { describeAuditSink } from '../testing/audit-sink.conformance.ts';
import { createKafkaAuditSink } from './create-kafka-audit-sink.ts';

const logger = pino({ level: 'silent' });
const kafka = { brokers: ['127.0.0.1:1'], topic: 'sallyport.audit.v1' };
const root = mkdtempSync(join(tmpdir(), 'sink-spool-'));
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});
process.once('exit', () => rmSync(root, { recursive: true, force: true }));

/** A topic that may be away. It keeps every message, repetitions included. */
function createTopic() {
  const topic = { isUp: true, messages: [] as Message[], refuse: (_message: Message) => false };
  const send = async (messages: Message[]) => {
    if (!topic.isUp) throw new Error('Kafka is away');
    if (messages.some((one) => topic.refuse(one))) throw new UndeliverableError('Kafka refuses the event');
    topic.messages.push(...messages);
  };
  return Object.assign(topic, {
    sender: {
      send,
      opened: Promise.resolve(),
      ping: async () => {
        if (!topic.isUp) throw new Error('Kafka is away');
      },
      close: async () => undefined,
    },
  });
}

type Topic = ReturnType<typeof createTopic>;

async function openSink(
  dir: string,
  topic: Topic,
  maxBytes = 8 * 1024 * 1024,
  files?: FaultyFiles,
  publishTimeoutMs = 1500,
) {
  const spool = await openSpool({ dir, maxBytes, logger, now: Date.now }, files);
  const sink = createKafkaAuditSink({
    service: 'proxy',
    kafka,
    logger,
    now: Date.now,
    sender: topic.sender,
    spool,
    publishTimeoutMs,
  });
  closers.push(() => sink.close(200));
  return { sink, spool };
}

const dataOf = (message: Message) => JSON.parse(String(message.value)) as AuditEvent;
const idOf = (message: Message) => String(message.headers?.['ce_id']);

/** Checks the chain of one producer, each event once, and returns the ids in their order. */
function verify(messages: readonly Message[]): string[] {
  const first = new Map(messages.map((message) => [idOf(message), message]).toReversed() as [string, Message][]);
  for (const message of messages) expect(String(message.value)).toBe(String(first.get(idOf(message))!.value));
  const inOrder = [...first.values()].toSorted((a, b) => dataOf(a).sallyport.seq! - dataOf(b).sallyport.seq!);
  let previous = '0'.repeat(64);
  for (const [index, message] of inOrder.entries()) {
    const { seq, prevHash, hash, producer } = dataOf(message).sallyport;
    expect({ seq, prevHash, producer }).toEqual({
      seq: index + 1,
      prevHash: previous,
      producer: dataOf(inOrder[0]!).sallyport.producer,
    });
    const { ce_id: id, ce_type: type, ce_time: time } = message.headers as Record<string, string>;
    const dataText = String(message.value).replace(`"hash":"${hash}",`, '');
    expect(hash).toBe(hashEvent(previous, { id: id!, type: type!, time: time!, dataText }));
    previous = hash!;
  }
  return inOrder.map(idOf);
}

const samples = (count: number) => Array.from({ length: count }, () => sampleAuditRecord());

describe('the Kafka sink with a spool', () => {
  it('delivers everything after a crash, once per id, and continues its chain', async () => {
    const topic = createTopic();
    const { sink, spool } = await openSink(join(root, 'crash'), topic);
    const [before, during, after] = [samples(3), samples(700), samples(2)];
    for (const record of before) await sink.publish(record);
    topic.isUp = false;
    for (const record of during) sink.enqueue(record);
    await sink.keep!(sampleAuditRecord());
    await spool.written(spool.lastAppended);
    // What a process that is killed here leaves behind.
    cpSync(join(root, 'crash'), join(root, 'restarted'), { recursive: true });
    const second = { ...topic, messages: [...topic.messages] };
    const restartedTopic = Object.assign(createTopic(), { messages: second.messages });
    const restarted = await openSink(join(root, 'restarted'), restartedTopic);
    expect(restarted.spool.previousEnd).toBe('killed');
    for (const record of after) await restarted.sink.publish(record);
    await restarted.sink.close();
    const ids = verify(restartedTopic.messages);
    const sent = [...before, ...during].map(({ id }) => id);
    expect(ids.slice(0, sent.length)).toEqual(sent);
    expect(ids.slice(sent.length + 1, -1)).toEqual(after.map(({ id }) => id));
    expect(dataOf(restartedTopic.messages.at(-1)!).sallyport.checkpoint).toEqual({ closing: true });
  });

  it('keeps what Kafka does not take, closes its chain, and sends the rest at the next start', async () => {
    const topic = createTopic();
    topic.isUp = false;
    const dir = join(root, 'closed');
    const first = await openSink(dir, topic);
    const records = samples(5);
    for (const record of records) first.sink.enqueue(record);
    await expect(first.sink.publish(sampleAuditRecord())).rejects.toMatchObject({ code: 'audit-unavailable' });
    await expect(first.sink.keep!(sampleAuditRecord())).resolves.toBeUndefined();
    await first.sink.close(100);
    expect(topic.messages).toEqual([]);
    topic.isUp = true;
    const second = await openSink(dir, topic);
    await until(() => topic.messages.length === 8);
    expect(verify(topic.messages).slice(0, 5)).toEqual(records.map(({ id }) => id));
    await second.sink.publish(sampleAuditRecord());
    // The first chain is closed, so this is another producer.
    const producers = new Set(topic.messages.map((message) => dataOf(message).sallyport.producer));
    expect(producers.size).toBe(2);
    expect(dataOf(topic.messages.at(-1)!).sallyport.seq).toBe(1);
  });

  it('has no room when the spool is full, and has room again when Kafka has taken the events', async () => {
    const topic = createTopic();
    const { sink, spool } = await openSink(join(root, 'full'), topic, 4 * 1024 * 1024);
    topic.isUp = false;
    const kept: AuditRecord[] = [];
    while (sink.hasRoom()) {
      kept.push(sampleAuditRecord());
      sink.enqueue(kept.at(-1)!);
      if (kept.length % 100 === 0) await spool.written(spool.lastAppended);
    }
    expect(kept.length).toBeGreaterThan(1000);
    // What waits on the disk is not in the memory as well.
    expect(spool.status.bytes).toBeGreaterThan(3 * 1024 * 1024);
    await expect(sink.keep!(sampleAuditRecord())).rejects.toMatchObject({ code: 'audit-unavailable' });
    topic.isUp = true;
    await until(() => sink.hasRoom());
    await until(() => topic.messages.length >= kept.length);
    expect(verify(topic.messages)).toEqual(kept.map(({ id }) => id));
  });

  it('says when an event is written, without a sync and without Kafka', async () => {
    const topic = createTopic();
    topic.isUp = false;
    const files = createFaultyFiles();
    const { sink, spool } = await openSink(join(root, 'written'), topic, undefined, files);
    const syncs = files.calls.datasync;
    const tickets = samples(3).map((record) => sink.enqueue(record));
    const waits = tickets.map((ticket) => sink.written!(ticket));
    expect(new Set(waits).size).toBe(1);
    await waits[0];
    expect(spool.lastWritten).toBe(3);
    expect(sink.written!(tickets[2])).toBeUndefined();
    expect(files.calls.datasync).toBe(syncs);
  });

  it('answers all who publish one event at the same time, also after one of them has given up', async () => {
    const topic = createTopic();
    topic.isUp = false;
    const { sink } = await openSink(join(root, 'shared'), topic, undefined, undefined, 10_000);
    const record = sampleAuditRecord();
    const publish = () => sink.publish(structuredClone(record));
    const early = publish();
    const gaveUp = expect(early).rejects.toMatchObject({ code: 'audit-unavailable' });
    await new Promise((resolve) => setTimeout(resolve, 6000));
    const late = Promise.all([publish(), publish()]);
    late.catch(() => undefined);
    await gaveUp;
    topic.isUp = true;
    await late;
    expect(topic.messages).toHaveLength(1);
  });

  it('refuses those who wait for a write when the disk hangs, and when an event was not kept', async () => {
    const files = createFaultyFiles();
    const { sink } = await openSink(join(root, 'hangs'), createTopic(), undefined, files);
    await sink.publish(sampleAuditRecord());
    files.hang('write');
    const ticket = sink.enqueue(sampleAuditRecord());
    await expect(sink.written!(ticket)).rejects.toMatchObject({ code: 'audit-unavailable' });
    files.heal();
    await until(() => sink.written!(ticket) === undefined);
    await sink.close();
    const late = sink.enqueue(sampleAuditRecord());
    expect(late).toBeUndefined();
    await expect(sink.written!(late)).rejects.toMatchObject({ code: 'audit-unavailable' });
  });

  it('keeps room for others whatever anonymous callers cause', async () => {
    const topic = createTopic();
    const { sink, spool } = await openSink(join(root, 'anonymous'), topic, 4 * 1024 * 1024);
    topic.isUp = false;
    for (let sent = 0; sent < 6000; sent += 1) {
      const record = sampleAuditRecord({ data: { user: {}, responseStatus: { code: 401 } } });
      delete record.data.sallyport.identity;
      sink.enqueue(record);
      if (sent % 100 === 0) await spool.written(spool.lastAppended);
    }
    expect(sink.hasRoom()).toBe(true);
    topic.isUp = true;
    const counted = () =>
      topic.messages.reduce((sum, message) => sum + (dataOf(message).sallyport.aggregated?.count ?? 1), 0);
    await until(() => counted() >= 6000);
    expect(counted()).toBe(6000);
    expect(topic.messages.length).toBeLessThan(4000);
  });

  it('keeps counting anonymous callers until there is room again', async () => {
    const topic = createTopic();
    const { sink, spool } = await openSink(join(root, 'flood'), topic, 2 * 1024 * 1024);
    topic.isUp = false;
    while (spool.status.bytes < spool.status.maxBytes / 2) {
      sink.enqueue(sampleAuditRecord());
      await spool.written(spool.lastAppended);
    }
    const { lastAppended } = spool;
    // Longer than the second after which the counts are sent if there is room.
    for (let round = 0; round < 14; round += 1) {
      for (let caller = 0; caller < 200; caller += 1) {
        const record = sampleAuditRecord({
          data: { user: {}, sourceIPs: [`10.${caller}.0.1`], responseStatus: { code: 401 } },
        });
        delete record.data.sallyport.identity;
        delete record.data.sallyport.clientAddress;
        sink.enqueue(record);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(spool.lastAppended).toBe(lastAppended);
    expect(sink.hasRoom()).toBe(true);
    topic.isUp = true;
    await until(() => topic.messages.length >= lastAppended + 200);
    const counts = topic.messages.map((message) => dataOf(message).sallyport.aggregated?.count ?? 0);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(14 * 200);
  });

  it('drops an event that Kafka refuses, and reports the gap', async () => {
    const topic = createTopic();
    const { sink } = await openSink(join(root, 'refused'), topic);
    const records = samples(5);
    topic.refuse = (message) => idOf(message) === records[2]!.id;
    for (const record of records) sink.enqueue(record);
    await until(() => topic.messages.length === 5);
    const gap = dataOf(topic.messages.at(-1)!).sallyport;
    expect(gap.gap).toEqual({ producer: gap.producer, from: 3, to: 3, reason: 'Kafka refuses the event' });
  });
});

let counter = 0;
describeAuditSink(
  'Kafka with a spool',
  async () => {
    const topic = createTopic();
    const spools = new Map<number, Awaited<ReturnType<typeof openSpool>>>();
    // The suite creates its sinks synchronously, so their spools are opened ahead.
    for (let index = 0; index < 12; index += 1)
      spools.set(
        index,
        await openSpool({ dir: join(root, `s${index}`), maxBytes: 16 * 1024 * 1024, logger, now: Date.now }),
      );
    return {
      createSink: ({ publishTimeoutMs = 1500 }) =>
        createKafkaAuditSink({
          service: 'test',
          kafka,
          logger,
          now: Date.now,
          sender: topic.sender,
          spool: spools.get(counter++)!,
          publishTimeoutMs,
        }),
      takeDown: async () => void (topic.isUp = false),
      bringBack: async () => void (topic.isUp = true),
      received: () =>
        topic.messages.map((message) => ({
          id: idOf(message),
          type: String(message.headers?.['ce_type']) as AuditRecord['type'],
          source: String(message.headers?.['ce_source']),
          time: String(message.headers?.['ce_time']),
          key: String(message.key),
          data: dataOf(message),
        })),
      close: async () => void (await Promise.all([...spools.values()].map((spool) => spool.close()))),
    };
  },
  { bound: 'bytes' },
);
