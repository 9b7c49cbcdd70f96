import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { createWarnOnce, type Metrics } from '@sallyport/kit';
import type { AuditConsumer } from '../sink/audit-sink.ts';
import type { StoredPositions } from '../sink/topic-place.ts';
import { createConsumerMetrics } from './consumer-metrics.ts';
import { storeBatch, type StoreBatchDeps } from './store-batch.ts';
import { ensureTopic } from '../kafka/ensure-topic.ts';
import { createKafkaClient, kafkaRetry, warnOfConnection, type KafkaClientDeps } from '../kafka/kafka-client.ts';
import { explainKafkaError } from '../kafka/explain-kafka-error.ts';

export type ConsumeKafkaAuditDeps = KafkaClientDeps & {
  groupId: string;
  /** Resolves when the events are stored. Only then are their offsets committed. A failure is retried without limit. */
  onRecords: AuditConsumer;
  /** Where a store goes on that remembers its positions itself. By default, the offsets of the group say so. */
  positions?: StoredPositions;
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
  /** Goes back to where the store ends, in every partition of this consumer. */
  seekStored(): Promise<void>;
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
  const state: State = { joined: false };
  const running = keepRunning(deps, stop.signal, state);
  return {
    check() {
      if (!state.joined) throw new Error('not subscribed to Kafka');
    },
    seekStored: async () => state.seekStored?.(),
    async close() {
      stop.abort();
      await running;
    },
  };
}

type State = { joined: boolean; seekStored?: () => Promise<void> };

/** Runs one consumer after another. kafkajs gives up on errors that it considers fatal, and then a new one is created. */
async function keepRunning(deps: ConsumeKafkaAuditDeps, signal: AbortSignal, state: State): Promise<void> {
  const { onRecords, logger, chunk = defaultChunk } = deps;
  const metrics = createConsumerMetrics(deps.metrics, deps.now);
  const wentBack = new Map<number, number>();
  const eachBatch: Batch = (payload, to) =>
    storeBatch(payload, { ...to, onRecords, logger, metrics, chunk, heartbeatInterval, signal, wentBack });
  const outage = createWarnOnce(deps.logger, { failed: 'cannot read the audit topic; retrying' });
  let client: Kafka | undefined;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      // Kept, because a login with a token belongs to it.
      client ??= (await createKafkaClient(deps)).client;
      await runOnce(client, deps, eachBatch, signal, {
        joined(partitions, seekStored) {
          metrics.assigned(partitions);
          Object.assign(state, { joined: true, seekStored });
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

type Batch = (payload: EachBatchPayload, to: Pick<StoreBatchDeps, 'seek' | 'seekStored'>) => Promise<void>;

/** Resolves when the signal is aborted, rejects when the consumer has crashed. */
async function runOnce(
  client: Kafka,
  deps: ConsumeKafkaAuditDeps,
  eachBatch: Batch,
  signal: AbortSignal,
  on: { joined(partitions: readonly number[], seekStored: () => Promise<void>): void },
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
    let assigned: readonly number[] = [];
    const seek = (partition: number, offset: number) => consumer.seek({ topic, partition, offset: String(offset) });
    const seekStored = async () => {
      const positions = await deps.positions?.(topic);
      for (const partition of assigned) {
        const next = positions?.get(partition);
        if (next !== undefined) seek(partition, next);
      }
    };
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      assigned = payload.memberAssignment[topic] ?? [];
      on.joined(assigned, seekStored);
      // If the store is away, storing fails as well, and this happens when it is back.
      seekStored().catch(() => undefined);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const to = { seek, seekStored };
    await consumer.run({ eachBatchAutoResolve: false, eachBatch: (payload) => eachBatch(payload, to) });
    if (!signal.aborted) await ended;
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
}
