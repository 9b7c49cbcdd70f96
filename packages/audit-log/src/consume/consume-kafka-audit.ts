import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { createWarnOnce, type Metrics } from '@sallyport/kit';
import type { AuditConsumer } from '../sink/audit-sink.ts';
import { createConsumerMetrics } from './consumer-metrics.ts';
import { storeBatch } from './store-batch.ts';
import { ensureTopic } from '../kafka/ensure-topic.ts';
import { createKafkaClient, kafkaRetry, warnOfConnection, type KafkaClientDeps } from '../kafka/kafka-client.ts';
import { explainKafkaError } from '../kafka/explain-kafka-error.ts';

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
const heartbeatInterval = 2000;
const defaultChunk = 1000;

/** Under load, few fetches return many events each. Otherwise an event waits for at most a quarter of a second. */
const defaultMinBytes = 131_072;
const maxWaitTimeInMs = 250;
/** About as many bytes as a chunk of usual events has. */
const maxBytesPerPartition = 2_097_152;

/**
 * Subscribes to the audit topic as a member of a consumer group, from the beginning if the group is new. Kafka may be
 * down at the start or at any time. A message that is not an audit event is logged with its offset, counted and skipped.
 */
export function consumeKafkaAudit(deps: ConsumeKafkaAuditDeps): KafkaAuditConsumer {
  warnOfConnection(deps);
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
  const { onRecords, logger, chunk = defaultChunk } = deps;
  const metrics = createConsumerMetrics(deps.metrics, deps.now);
  const eachBatch = (payload: EachBatchPayload) =>
    storeBatch(payload, { onRecords, logger, metrics, chunk, heartbeatInterval, signal });
  const outage = createWarnOnce(deps.logger, { failed: 'cannot read the audit topic; retrying' });
  let client: Kafka | undefined;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      // Kept, because a login with a token belongs to it.
      client ??= (await createKafkaClient(deps)).client;
      await runOnce(client, deps, eachBatch, signal, {
        joined(partitions) {
          metrics.assigned(partitions);
          state.joined = true;
          attempt = 0;
          outage.recovered();
          deps.logger.info({ topic: deps.kafka.topic, groupId: deps.groupId }, 'subscribed to the audit topic');
        },
      });
    } catch (error) {
      outage.failed({ reason: explainKafkaError(error, deps.kafka, 'Read', deps.groupId).message });
    }
    state.joined = false;
    await pause(Math.min(100 * 2 ** attempt, maxBackoffMs), undefined, { signal }).catch(() => undefined);
  }
}

type Batch = (payload: EachBatchPayload) => Promise<void>;

/** Resolves when the signal is aborted, rejects when the consumer has crashed. */
async function runOnce(
  client: Kafka,
  deps: ConsumeKafkaAuditDeps,
  eachBatch: Batch,
  signal: AbortSignal,
  on: { joined(partitions: readonly number[]): void },
): Promise<void> {
  const { topic } = deps.kafka;
  await ensureTopic(client, topic, deps.logger);
  const consumer: Consumer = client.consumer({
    groupId: deps.groupId,
    allowAutoTopicCreation: false,
    sessionTimeout,
    heartbeatInterval,
    minBytes: deps.minBytes ?? defaultMinBytes,
    maxWaitTimeInMs,
    maxBytesPerPartition,
    metadataMaxAge: 30_000,
    retry: { ...kafkaRetry, restartOnFailure: () => Promise.resolve(false) },
  });
  try {
    const ended = new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    });
    ended.catch(() => undefined);
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => on.joined(payload.memberAssignment[topic] ?? []));
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ eachBatchAutoResolve: false, eachBatch });
    if (!signal.aborted) await ended;
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
}
