import { setTimeout as pause } from 'node:timers/promises';
import type { AuditRecord } from '@sallyport/contracts';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { createWarnOnce, type Metrics } from '@sallyport/kit';
import type { AuditConsumer } from '../sink/audit-sink.ts';
import { createConsumerMetrics } from './consumer-metrics.ts';
import { ensureTopic } from '../kafka/ensure-topic.ts';
import { createKafkaClient, kafkaRetry, type KafkaClientDeps } from '../kafka/kafka-client.ts';
import { readKafkaMessage } from './read-kafka-message.ts';

export type ConsumeKafkaAuditDeps = KafkaClientDeps & {
  groupId: string;
  /** Resolves when the events are stored. Only then are their offsets committed. A failure is retried without limit. */
  onRecords: AuditConsumer;
  metrics?: Metrics;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** The maximum number of events per call of `onRecords`. */
  chunk?: number;
  /** The number of bytes that a fetch waits for, at most a quarter of a second. 131,072 by default; 1 waits for none. */
  minBytes?: number;
};

/** A running subscription to the audit topic. */
export type KafkaAuditConsumer = {
  /** Throws unless this consumer is a member of its group. */
  check(): void;
  close(): Promise<void>;
};

const maxBackoffMs = 1000;
const sessionTimeout = 10_000;

/** Under load, few fetches return many events each. Otherwise an event waits for at most a quarter of a second. */
const defaultMinBytes = 131_072;
const maxWaitTimeInMs = 250;

/**
 * Subscribes to the audit topic as a member of a consumer group, from the beginning if the group is new. Kafka may be
 * down at the start or at any time. A message that is not an audit event is logged with its offset, counted and skipped.
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

/** Runs one consumer after another. kafkajs gives up on errors that it considers fatal, and then a new one is created. */
async function keepRunning(deps: ConsumeKafkaAuditDeps, signal: AbortSignal, state: State): Promise<void> {
  const metrics = createConsumerMetrics(deps.metrics);
  const eachBatch = (payload: EachBatchPayload) => handleBatch(payload, deps, metrics, signal);
  const outage = createWarnOnce(deps.logger, { failed: 'cannot read the audit topic; retrying' });
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await runOnce(deps, eachBatch, signal, {
        joined() {
          state.joined = true;
          attempt = 0;
          outage.recovered();
          deps.logger.info({ topic: deps.kafka.topic, groupId: deps.groupId }, 'subscribed to the audit topic');
        },
      });
    } catch (error) {
      outage.failed({ reason: (error as Error).message });
    }
    state.joined = false;
    await pause(Math.min(100 * 2 ** attempt, maxBackoffMs), undefined, { signal }).catch(() => undefined);
  }
}

type Batch = (payload: EachBatchPayload) => Promise<void>;

/** Resolves when the signal is aborted, rejects when the consumer has crashed. */
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
    minBytes: deps.minBytes ?? defaultMinBytes,
    maxWaitTimeInMs,
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
 * Passes on a partition's batch in chunks. An offset is resolved, and with that committed, only after its chunk is
 * stored.
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
          'skipped a message on the audit topic that is not an audit event',
        );
      }
    }
    if (records.length > 0 && !(await storeWithRetries(records, payload, deps, signal))) return;
    payload.resolveOffset(messages.at(-1)!.offset);
    metrics.stored(records, deps.now());
    metrics.behind(batch.partition, Number(batch.highWatermark) - 1 - Number(messages.at(-1)!.offset));
    await payload.heartbeat();
    await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets());
  }
}

/**
 * Retries until the events are stored. Returns false if this consumer ended first. Heartbeats keep it in its group, and
 * throw when the group has rebalanced.
 */
async function storeWithRetries(
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
          'cannot store audit events; retrying',
        );
    }
    await pause(Math.min(50 * 2 ** attempt, maxBackoffMs), undefined, { signal }).catch(() => undefined);
    if (signal.aborted || !payload.isRunning() || payload.isStale()) return false;
    await payload.heartbeat();
  }
}
