import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  consumeKafkaAudit,
  createKafkaAuditSink,
  readKafkaAudit,
  sampleAuditRecord,
  type KafkaConfig,
} from '@sallyport/audit-log';
import { startBed, type Bed } from '@sallyport/bed';
import type { AuditRecord } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { Kafka, logLevel } from 'kafkajs';
import { eventually } from '../harness/index.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
let bed: Bed;
let kafka: KafkaConfig;

beforeAll(async () => {
  bed = await startBed({ need: ['kafka-brokers'] });
  if (!bed.kafkaCluster) throw new Error(`not available: ${JSON.stringify(bed.missing)}`);
  kafka = { brokers: bed.kafkaCluster.brokers, topic: 'sallyport.audit.v1' };
});
afterAll(() => bed?.stop());

/** Returns what a foreign program sees of the topic's partitions. */
async function partitionsNow(): Promise<{ leader: number; replicas: number[]; isr: number[] }[]> {
  const admin = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).admin();
  try {
    await admin.connect();
    return (await admin.fetchTopicMetadata({ topics: [kafka.topic] })).topics[0]!.partitions;
  } finally {
    await admin.disconnect();
  }
}

/** Kills a broker without warning. The bed knows afterwards that it does not run. */
async function kill(id: number): Promise<void> {
  const node = bed.kafkaCluster!.nodes.find((one) => one.id === id)!;
  process.kill(node.pid()!, 'SIGKILL');
  await node.pause();
}

/** Events that wait for an acknowledgement, one after another per session, as the writes of a person do. */
class Writers {
  readonly acknowledged = new Map<string, string[]>();
  readonly refused = new Set<string>();
  longestWaitMs = 0;
  /** The longest time in which no write of any session was acknowledged. */
  longestGapMs = 0;
  #last = performance.now();
  #isOver = false;
  readonly #running: Promise<void>[];

  constructor(publish: (record: AuditRecord) => Promise<void>, sessions: readonly string[]) {
    this.#running = sessions.map(async (session) => {
      const ids: string[] = [];
      this.acknowledged.set(session, ids);
      while (!this.#isOver) {
        const record = sampleAuditRecord({ session });
        const begun = performance.now();
        try {
          await publish(record);
          ids.push(record.id);
          this.longestWaitMs = Math.max(this.longestWaitMs, performance.now() - begun);
          this.longestGapMs = Math.max(this.longestGapMs, performance.now() - this.#last);
          this.#last = performance.now();
        } catch {
          this.refused.add(record.id);
        }
        await pause(20);
      }
    });
  }

  count(): number {
    return [...this.acknowledged.values()].flat().length;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }
}

/** Removes repetitions: the first of each remains, as at a consumer. */
const firsts = (ids: readonly string[]) => [...new Set(ids)];

describe('a Kafka of three brokers', () => {
  it('loses the leader of partitions under load, and no event that was acknowledged', async () => {
    const sink = createKafkaAuditSink({ service: 'test', kafka, logger, now: Date.now });
    const first = sampleAuditRecord({ session: 'first' });
    await eventually('an acknowledgement', () => sink.publish(first).then(() => true as const));
    const before = await partitionsNow();
    expect(before.map(({ replicas, isr }) => [replicas.length, isr.length])).toEqual(before.map(() => [3, 3]));

    const stored: string[] = [];
    const consumer = consumeKafkaAudit({
      kafka,
      groupId: 'auditor',
      logger,
      now: Date.now,
      onRecords: async (records) => void stored.push(...records.map(({ id }) => id)),
    });
    const sessions = Array.from({ length: 6 }, (_, at) => `writer-${at}`);
    const writers = new Writers((record) => sink.publish(record), sessions);
    // Reads do not wait: their events are queued, and delivered later.
    const queued: string[] = [];
    const reader = setInterval(() => {
      const record = sampleAuditRecord({ session: 'reader' });
      queued.push(record.id);
      sink.enqueue(record);
    }, 10);
    await eventually('some load', () => writers.count() > 100);

    const { leader } = before[0]!;
    await kill(leader);
    await eventually('another leader', async () =>
      (await partitionsNow()).every((one) => one.leader !== leader && one.leader >= 0),
    );
    const count = writers.count();
    await eventually('writes again', () => writers.count() > count + 100);
    await writers.stop();
    clearInterval(reader);
    const sentAtAll = [...queued, ...[...writers.acknowledged.values()].flat()];
    const isStored = () => {
      const known = new Set(stored);
      return sentAtAll.every((id) => known.has(id));
    };
    await eventually('the queue', isStored);
    await bed.kafkaCluster!.nodes.find(({ id }) => id === leader)!.resume();
    await eventually('three copies', async () => (await partitionsNow()).every(({ isr }) => isr.length === 3));
    await Promise.all([sink.close(), consumer.close()]);

    const byPartition = new Map<number, string[]>();
    await readKafkaAudit({
      kafka,
      onMessages: (messages) => {
        for (const { partition, id } of messages)
          byPartition.set(partition, [...(byPartition.get(partition) ?? []), id]);
      },
    });
    const onTopic = firsts([...byPartition.values()].flat());
    const deliveries = [...byPartition.values()].flat().length;
    process.stderr.write(
      `brokers: ${onTopic.length} events, ${deliveries - onTopic.length} repeated on the topic, ${stored.length - firsts(stored).length} repeated at the consumer; no write was acknowledged for ${Math.round(writers.longestGapMs)} ms, ${writers.refused.size} were refused, the slowest took ${Math.round(writers.longestWaitMs)} ms\n`,
    );
    for (const [where, ids] of [
      ['topic', onTopic],
      ['consumer', firsts(stored)],
    ] as const) {
      for (const [session, acknowledged] of [...writers.acknowledged, ['reader', queued] as const]) {
        const known = new Set(acknowledged);
        expect([where, session, ids.filter((id) => known.has(id))]).toEqual([where, session, acknowledged]);
      }
    }
  });
});
