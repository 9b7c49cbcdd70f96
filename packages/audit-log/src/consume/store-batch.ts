import { setTimeout as pause } from 'node:timers/promises';
import type { AuditRecord } from '@sallyport/contracts';
import type { EachBatchPayload } from 'kafkajs';
import type { Logger } from '@sallyport/kit';
import type { AuditConsumer } from '../sink/audit-sink.ts';
import { StoreBehindError, type TopicPlace } from '../sink/topic-place.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import { readKafkaMessage } from './read-kafka-message.ts';

export type StoreBatchDeps = {
  /** Resolves when the events are stored. A failure is retried without limit. */
  onRecords: AuditConsumer;
  logger: Logger;
  metrics: ConsumerMetrics;
  /** The maximum number of events per call of `onRecords`. */
  chunk: number;
  /** How often the group hears from this consumer, in milliseconds. */
  heartbeatInterval: number;
  signal: AbortSignal;
  /** Makes the consumer read a partition from an offset on. */
  seek(partition: number, offset: number): void;
  /** Makes it read all of its partitions from where the store ends. */
  seekStored(): Promise<void>;
  /** The offset from which a partition was read again last, because the store lacked what came after it. */
  wentBack: Map<number, number>;
};

const maxBackoffMs = 1000;

/**
 * Passes on a partition's batch in chunks. An offset is resolved, and with that committed, only after its chunk is
 * stored.
 */
export async function storeBatch(payload: EachBatchPayload, deps: StoreBatchDeps): Promise<void> {
  const { batch } = payload;
  const { metrics, signal, chunk } = deps;
  for (let start = 0; start < batch.messages.length; start += chunk) {
    if (!payload.isRunning() || payload.isStale() || signal.aborted) return;
    const messages = batch.messages.slice(start, start + chunk);
    const records = readRecords(batch, messages, deps);
    metrics.reading(batch.partition, records);
    const last = Number(messages.at(-1)!.offset);
    const place = {
      topic: batch.topic,
      partition: batch.partition,
      first: Number(messages[0]!.offset),
      next: last + 1,
    };
    if (!(await storeWithRetries({ records, place }, payload, deps))) return;
    payload.resolveOffset(String(last));
    metrics.stored(records);
    metrics.behind(batch.partition, Number(batch.highWatermark) - 1 - last);
    // If the group rebalances, this commits what is resolved, and throws.
    await payload.heartbeat();
    await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets());
  }
}

function readRecords(
  { topic, partition }: EachBatchPayload['batch'],
  messages: EachBatchPayload['batch']['messages'],
  { metrics, logger }: StoreBatchDeps,
): AuditRecord[] {
  const records: AuditRecord[] = [];
  for (const message of messages) {
    const read = readKafkaMessage(message);
    if ('record' in read) records.push(read.record);
    else {
      metrics.skipped();
      logger.error(
        { topic, partition, offset: message.offset, reason: read.fault },
        'skipped a message on the audit topic that is not an audit event',
      );
    }
  }
  return records;
}

/**
 * Sends heartbeats while a store takes its time. Otherwise a slow one would cost this consumer its place in the group,
 * and its partitions would go to another consumer, for which the same store is as slow. Failures are not reported: the
 * heartbeat after the store fails for the same reason.
 */
async function withHeartbeats(
  work: Promise<void>,
  payload: EachBatchPayload,
  { heartbeatInterval }: StoreBatchDeps,
): Promise<void> {
  const timer = setInterval(() => void payload.heartbeat().catch(() => undefined), heartbeatInterval / 2);
  try {
    await work;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Goes back to what the store lacks, and returns true. Returns false if it lacks the same as the last time: then Kafka
 * has deleted it.
 */
function goBack({ next }: StoreBehindError, place: TopicPlace, { wentBack, seek, logger }: StoreBatchDeps): boolean {
  const { partition } = place;
  if (wentBack.get(partition) === next) {
    wentBack.delete(partition);
    logger.error({ ...place, lacking: next }, 'the store lacks events that are not on the topic any more');
    return false;
  }
  wentBack.set(partition, next);
  logger.warn({ ...place, lacking: next }, 'the store lacks events that it had stored; reading them again');
  seek(partition, next);
  return true;
}

/**
 * Retries until the events are stored. Returns false if this consumer ended first, or reads the partition again. Between
 * attempts, a heartbeat throws when the group has rebalanced.
 */
async function storeWithRetries(
  { records, place }: { records: readonly AuditRecord[]; place: TopicPlace },
  payload: EachBatchPayload,
  deps: StoreBatchDeps,
): Promise<boolean> {
  const { signal } = deps;
  let isOldest = false;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await withHeartbeats(deps.onRecords(records, { ...place, isOldest }), payload, deps);
      deps.wentBack.delete(place.partition);
      // Another server may have taken the place of the one that was away, without what that one had stored last.
      if (attempt > 0) await deps.seekStored();
      return true;
    } catch (error) {
      if (error instanceof StoreBehindError) {
        if (goBack(error, place, deps)) return false;
        isOldest = true;
      } else if (attempt === 0)
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
