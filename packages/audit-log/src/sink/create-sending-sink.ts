import { createSealer } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import type { Logger, Metrics } from '@sallyport/kit';
import type { Spool } from '@sallyport/spool';
import type { AuditMessage } from '../kafka/audit-message.ts';
import { toKafkaMessage } from '../kafka/to-kafka-message.ts';
import type { AuditSink } from './audit-sink.ts';
import { createChainRecords } from './chain-records.ts';
import { createProducerId } from './create-producer-id.ts';
import { createWriteWait } from './create-write-wait.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { createSinkMetrics, registerSpoolMetrics, type SinkMetrics } from './sink-metrics.ts';
import { SpoolQueue } from './spool-queue.ts';
import { createSpoolSealer } from './spooled-event.ts';

/** Where a sink sends its events: a topic of Kafka, or files. */
export type AuditSender = {
  /** Resolves when all are acknowledged. Rejects with `UndeliverableError` if one of them is refused for good. */
  send(messages: AuditMessage[]): Promise<void>;
  /** Resolves when the first attempt to connect has ended, whether or not it succeeded. */
  opened: Promise<void>;
  /** Resolves if events can be sent. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

export type SendingSinkDeps = {
  /** The service that publishes: the first part of the producer's id. */
  service: string;
  sender: AuditSender;
  logger: Logger;
  metrics?: Metrics;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** How long `publish` waits for an acknowledgement. */
  publishTimeoutMs?: number;
  /** How many events are kept while they cannot be sent. Beyond that, `hasRoom()` is false. */
  queueLimit?: number;
  /** How long events that no caller waits for may gather before they are sent. */
  lingerMs?: number;
  /** Where events wait for delivery. Without it they wait in memory. The sink closes it. */
  spool?: Spool;
  /** The last number that the log is known to have of each producer. */
  delivered?: ReadonlyMap<string, number>;
};

/**
 * A batch costs the sender, the broker and every consumer nearly the same with ten events as with hundreds. Compared
 * with 64, a size of 256 halved the CPU time of Kafka and the audit service, and on a busy machine saved the gateway a
 * fifth.
 */
const gatherCount = 256;
/** An allowance for the framing of a record when the size of a batch is compared with the broker's limit. */
const framingBytes = 16;

/**
 * Creates a sink that sends events in batches. Events that arrive while a batch is in flight form the next batch. Events
 * that no caller waits for gather a little longer (see `gatherCount`). While events cannot be sent, they keep their order
 * and ids, and are sent later.
 */
export function createSendingSink(deps: SendingSinkDeps): AuditSink {
  const { service, sender, logger, now, metrics, spool, publishTimeoutMs = 1500, lingerMs = 50 } = deps;
  // First, because a spool that has lost events says so as soon as there is a queue.
  const counters: SinkMetrics = createSinkMetrics(metrics, () => queue);
  const common = {
    logger,
    now,
    publishTimeoutMs,
    lingerMs,
    chainRecords: createChainRecords({ service, now }),
    onDelivered: (count: number) => counters.delivered(count),
    onFailed: () => counters.failed(),
    onDropped: (count: number) => counters.dropped(count),
  };
  const queue: SpoolQueue | DeliveryQueue<AuditMessage> = spool
    ? new SpoolQueue({
        ...common,
        spool,
        sealer: createSpoolSealer(spool, service, deps.delivered),
        deliver: (messages) => sender.send(messages),
      })
    : new DeliveryQueue<AuditMessage>({
        ...common,
        sealer: createSealer({ producer: createProducerId(service) }),
        queueLimit: deps.queueLimit ?? 10_000,
        gatherCount,
        prepare(record, value) {
          const item = toKafkaMessage(record, value);
          return { item, weight: item.recordTail.length + framingBytes };
        },
        deliver: (items) => sender.send(items as AuditMessage[]),
      });
  if (spool) registerSpoolMetrics(metrics, spool);
  return {
    publish: (record) => queue.publish(record),
    enqueue: (record) => queue.enqueue(record),
    ...(spool && queue instanceof SpoolQueue
      ? {
          keep: (record: AuditRecord) => queue.keep(record),
          written: createWriteWait(spool, publishTimeoutMs),
          failure: () => spool.failure?.reason,
        }
      : { opened: sender.opened }),
    hasRoom: () => queue.hasRoom(),
    async ping() {
      if (spool?.failure) throw new Error(`the spool of audit events fails: ${spool.failure.reason}`);
      await sender.ping();
    },
    async close(timeoutMs = 5000) {
      await queue.close(timeoutMs);
      await sender.close();
    },
  };
}
