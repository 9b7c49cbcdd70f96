import { createSealer } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { Metrics } from '@sallyport/kit';
import { ProblemError } from '@sallyport/kit';
import { createSinkMetrics, type SinkMetrics } from './sink-metrics.ts';
import type { AuditConsumer, AuditLog } from './audit-sink.ts';
import { createChainRecords } from './chain-records.ts';
import { createProducerId } from './create-producer-id.ts';
import { DeliveryQueue } from './delivery-queue.ts';

export type AuditBusDeps = {
  /** The first part of the producer's id. The default is `sallyport`, for all services in one process. */
  service?: string;
  logger: Logger;
  metrics?: Metrics;
  /** Milliseconds since the epoch. */
  now: () => number;
  publishTimeoutMs?: number;
  queueLimit?: number;
};

/**
 * Creates the in-process bus. It stores nothing itself: an event is acknowledged when every subscriber has stored it.
 * Without a subscriber, events wait as they do while Kafka is down. A consumer that fails gets the same batch again
 * until it succeeds, and later batches wait for it. The other consumers do not get the batch twice.
 */
export function createAuditBus(deps: AuditBusDeps): AuditLog {
  const { service = 'sallyport' } = deps;
  const consumers = new Set<AuditConsumer>();
  const stored = new WeakMap<readonly AuditRecord[], Set<AuditConsumer>>();

  const deliver = async (records: readonly AuditRecord[]): Promise<void> => {
    if (consumers.size === 0) throw new Error('the audit bus has no subscribers');
    const done = stored.get(records) ?? new Set<AuditConsumer>();
    stored.set(records, done);
    const remaining = [...consumers].filter((consumer) => !done.has(consumer));
    const outcomes = await Promise.allSettled(
      remaining.map(async (consumer) => {
        await consumer(records);
        done.add(consumer);
      }),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  };
  const queue = new DeliveryQueue<AuditRecord>({
    logger: deps.logger,
    now: deps.now,
    sealer: createSealer({ producer: createProducerId(service) }),
    chainRecords: createChainRecords({ service, now: deps.now }),
    publishTimeoutMs: deps.publishTimeoutMs ?? 1500,
    queueLimit: deps.queueLimit ?? 10_000,
    lingerMs: 0,
    // Only targets that are much longer than the rest of an event need to be weighed.
    prepare: (item) => ({ item, weight: 2 * (item.data.sallyport.request?.targetLength ?? 0) }),
    deliver,
    onDelivered: (count) => counters.delivered(count),
    onFailed: () => counters.failed(),
    onDropped: (count) => counters.dropped(count),
  });
  const counters: SinkMetrics = createSinkMetrics(deps.metrics, () => queue);
  return {
    publish: (record) => queue.publish(record),
    enqueue: (record) => queue.enqueue(record),
    hasRoom: () => queue.hasRoom(),
    async ping() {
      if (queue.isUnavailable) throw new ProblemError('audit-unavailable', 'Audit events cannot be stored.');
      if (consumers.size === 0) throw new ProblemError('audit-unavailable', 'Nothing stores audit events yet.');
    },
    close: async (timeoutMs = 5000) => void (await queue.close(timeoutMs)),
    subscribe(_name, consumer) {
      consumers.add(consumer);
      return async () => void consumers.delete(consumer);
    },
  };
}
