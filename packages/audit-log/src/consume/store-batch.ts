import { setTimeout as pause } from 'node:timers/promises';
import type { AuditRecord } from '@sallyport/contracts';
import type { EachBatchPayload } from 'kafkajs';
import type { Logger } from '@sallyport/kit';
import type { AuditConsumer } from '../sink/audit-sink.ts';
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
    if (records.length > 0 && !(await storeWithRetries(records, payload, deps))) return;
    payload.resolveOffset(messages.at(-1)!.offset);
    metrics.stored(records);
    metrics.behind(batch.partition, Number(batch.highWatermark) - 1 - Number(messages.at(-1)!.offset));
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
 * Retries until the events are stored. Returns false if this consumer ended first. Between attempts, a heartbeat throws
 * when the group has rebalanced.
 */
async function storeWithRetries(
  records: readonly AuditRecord[],
  payload: EachBatchPayload,
  deps: StoreBatchDeps,
): Promise<boolean> {
  const { signal } = deps;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await withHeartbeats(deps.onRecords(records), payload, deps);
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
