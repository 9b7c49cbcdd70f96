import type { AuditRecord } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { Metrics } from '@sallyport/kit';
import { ProblemError } from '@sallyport/kit';
import { createSinkMetrics, type SinkMetrics } from './audit-metrics.ts';
import type { AuditConsumer, AuditSink } from './audit-sink.ts';
import { DeliveryQueue } from './delivery-queue.ts';

/** The log of the constellation in one process. */
export type AuditBus = AuditSink & {
  /** Every event from now on goes to `consumer`, batch by batch in order. Returns how to unsubscribe. */
  subscribe(consumer: AuditConsumer): () => void;
};

export type AuditBusDeps = {
  logger: Logger;
  metrics?: Metrics;
  /** Milliseconds since the epoch. */
  now: () => number;
  publishTimeoutMs?: number;
  queueLimit?: number;
};

/**
 * Creates the in-process bus. It keeps nothing itself, so an event counts as acknowledged when every subscriber has
 * stored it; with no subscriber nothing can be stored, and events wait as they do while Kafka is away. A consumer that
 * fails gets the same batch again until it succeeds, and holds up what comes after it; the others do not get the batch
 * twice.
 */
export function createAuditBus(deps: AuditBusDeps): AuditBus {
  const consumers = new Set<AuditConsumer>();
  const stored = new WeakMap<readonly AuditRecord[], Set<AuditConsumer>>();

  const deliver = async (records: readonly AuditRecord[]): Promise<void> => {
    if (consumers.size === 0) throw new Error('nothing subscribes to the audit bus');
    const done = stored.get(records) ?? new Set<AuditConsumer>();
    stored.set(records, done);
    const open = [...consumers].filter((consumer) => !done.has(consumer));
    const outcomes = await Promise.allSettled(
      open.map(async (consumer) => {
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
    publishTimeoutMs: deps.publishTimeoutMs ?? 1500,
    queueLimit: deps.queueLimit ?? 10_000,
    lingerMs: 0,
    // Only what is much longer than the rest is worth weighing.
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
      if (queue.isAway) throw new ProblemError('audit-unavailable', 'Audit events cannot be stored.');
      if (consumers.size === 0) throw new ProblemError('audit-unavailable', 'Nothing stores audit events yet.');
    },
    close: async (timeoutMs = 5000) => void (await queue.close(timeoutMs)),
    subscribe(consumer) {
      consumers.add(consumer);
      return () => void consumers.delete(consumer);
    },
  };
}
