import { setTimeout as pause } from 'node:timers/promises';
import type { AuditRecord } from '@sallyport/contracts';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { Metrics } from '@sallyport/kit';
import type { AuditConsumer } from '../sink/audit-sink.ts';
import { createConsumerMetrics } from './consumer-metrics.ts';
import { ensureTopic } from '../kafka/ensure-topic.ts';
import { createKafkaClient, kafkaRetry, type KafkaClientDeps } from '../kafka/kafka-client.ts';
import { readKafkaMessage } from './read-kafka-message.ts';

export type ConsumeKafkaAuditDeps = KafkaClientDeps & {
  groupId: string;
  /**
   * Resolves when the events are stored; only then is their place in the topic committed. A failure is tried again
   * without end.
   */
  onRecords: AuditConsumer;
  metrics?: Metrics;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Most events handed over at once. */
  chunk?: number;
};

/** A running subscription to the audit topic. */
export type KafkaAuditConsumer = {
  /** Throws unless this consumer is a member of its group and in touch with Kafka. */
  check(): void;
  close(): Promise<void>;
};

const longestBackoffMs = 1000;
const sessionTimeout = 10_000;

/**
 * Under load few fetches bring many events each; when there is little, an event waits a quarter of a second at most.
 */
const fetching = { minBytes: 131_072, maxWaitTimeInMs: 250 };

/**
 * Subscribes to the audit topic as a member of a consumer group, from its beginning if the group is new. Kafka may be
 * away at the start or at any time. A message that is no audit event is logged with its place, counted and passed over.
 */
export function consumeKafkaAudit(deps: ConsumeKafkaAuditDeps): KafkaAuditConsumer {
  const stop = new AbortController();
  const state = { joined: false };
  const running = keepRunning(deps, stop.signal, state);
  return {
    check() {
      if (!state.joined) throw new Error('not subscribed to Kafka');
    },
    async close() {
      stop.abort();
      await running;
    },
  };
}

type State = { joined: boolean };

/**
 * Lives through one consumer after another: kafkajs gives up on what it takes for fatal, and then a new one takes its
 * place.
 */
async function keepRunning(deps: ConsumeKafkaAuditDeps, signal: AbortSignal, state: State): Promise<void> {
  const metrics = createConsumerMetrics(deps.metrics);
  const eachBatch = (payload: EachBatchPayload) => handleBatch(payload, deps, metrics, signal);
  let reported = false;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await runOnce(deps, eachBatch, signal, {
        joined() {
          state.joined = true;
          [attempt, reported] = [0, false];
          deps.logger.info({ topic: deps.kafka.topic, groupId: deps.groupId }, 'subscribed to the audit topic');
        },
      });
    } catch (error) {
      if (!reported)
        deps.logger.warn({ reason: (error as Error).message }, 'the audit topic cannot be read; trying again');
      reported = true;
    }
    state.joined = false;
    await pause(Math.min(100 * 2 ** attempt, longestBackoffMs), undefined, { signal }).catch(() => undefined);
  }
}

type Batch = (payload: EachBatchPayload) => Promise<void>;

/** Resolves when told to stop, rejects when the consumer has crashed. */
async function runOnce(
  deps: ConsumeKafkaAuditDeps,
  eachBatch: Batch,
  signal: AbortSignal,
  on: { joined(): void },
): Promise<void> {
  const { client } = await createKafkaClient(deps);
  const { topic } = deps.kafka;
  await ensureTopic(client, topic, deps.logger);
  const consumer: Consumer = client.consumer({
    groupId: deps.groupId,
    allowAutoTopicCreation: false,
    sessionTimeout,
    heartbeatInterval: 2000,
    ...fetching,
    metadataMaxAge: 30_000,
    retry: { ...kafkaRetry, restartOnFailure: () => Promise.resolve(false) },
  });
  try {
    const ended = new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    });
    ended.catch(() => undefined);
    consumer.on(consumer.events.GROUP_JOIN, () => on.joined());
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ eachBatchAutoResolve: false, eachBatch });
    if (!signal.aborted) await ended;
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
}

type ConsumerMetrics = ReturnType<typeof createConsumerMetrics>;

/**
 * Hands over one partition's batch in chunks; an offset is resolved, and so committed, only after its chunk is stored.
 */
async function handleBatch(
  payload: EachBatchPayload,
  deps: ConsumeKafkaAuditDeps,
  metrics: ConsumerMetrics,
  signal: AbortSignal,
): Promise<void> {
  const { batch } = payload;
  const size = deps.chunk ?? 500;
  for (let start = 0; start < batch.messages.length; start += size) {
    if (!payload.isRunning() || payload.isStale() || signal.aborted) return;
    const messages = batch.messages.slice(start, start + size);
    const records: AuditRecord[] = [];
    for (const message of messages) {
      const read = readKafkaMessage(message);
      if ('record' in read) records.push(read.record);
      else {
        metrics.skipped();
        deps.logger.error(
          { topic: batch.topic, partition: batch.partition, offset: message.offset, reason: read.fault },
          'a message on the audit topic is no audit event and is passed over',
        );
      }
    }
    if (records.length > 0 && !(await storeAtLast(records, payload, deps, signal))) return;
    payload.resolveOffset(messages.at(-1)!.offset);
    metrics.stored(records, deps.now());
    metrics.behind(batch.partition, Number(batch.highWatermark) - 1 - Number(messages.at(-1)!.offset));
    await payload.heartbeat();
    await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets());
  }
}

/**
 * Tries until the events are stored; false when this consumer ended meanwhile. Heartbeats keep its place in the group,
 * and throw when the group has moved on.
 */
async function storeAtLast(
  records: readonly AuditRecord[],
  payload: EachBatchPayload,
  deps: ConsumeKafkaAuditDeps,
  signal: AbortSignal,
): Promise<boolean> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await deps.onRecords(records);
      return true;
    } catch (error) {
      if (attempt === 0)
        deps.logger.warn(
          { reason: (error as Error).message, count: records.length },
          'audit events cannot be stored; trying again',
        );
    }
    await pause(Math.min(50 * 2 ** attempt, longestBackoffMs), undefined, { signal }).catch(() => undefined);
    if (signal.aborted || !payload.isRunning() || payload.isStale()) return false;
    await payload.heartbeat();
  }
}
