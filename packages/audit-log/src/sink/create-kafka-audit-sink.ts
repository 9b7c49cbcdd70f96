import { createKafkaSender } from '../kafka/kafka-sender.ts';
import type { KafkaClientDeps } from '../kafka/kafka-client.ts';
import type { AuditSink } from './audit-sink.ts';
import { createSendingSink, type AuditSender, type SendingSinkDeps } from './create-sending-sink.ts';

export type KafkaAuditSinkDeps = KafkaClientDeps &
  Omit<SendingSinkDeps, 'sender'> & {
    /** For tests. */
    sender?: AuditSender;
  };

/**
 * Creates the sink that sends events to Kafka with an idempotent producer and acks=all. Kafka may be down at the start or
 * at any time. A send whose acknowledgement was lost may have been written, so consumers deduplicate by id.
 */
export function createKafkaAuditSink(deps: KafkaAuditSinkDeps): AuditSink {
  const sender = deps.sender ?? createKafkaSender({ clientId: `sallyport-${deps.service}`, ...deps });
  return createSendingSink({ ...deps, sender });
}
