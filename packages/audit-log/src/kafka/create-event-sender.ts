import { canonicalJson } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import type { KafkaClientDeps } from './kafka-client.ts';
import { createKafkaSender } from './kafka-sender.ts';
import { toKafkaMessage } from './to-kafka-message.ts';

/** Sends events that have their places in their chains already. */
export type EventSender = {
  /** Resolves when the first attempt to connect has ended, and the topic exists if it could be created. */
  opened: Promise<void>;
  /** Resolves when Kafka has all of them. Rejects with `UndeliverableError` if Kafka refuses one of them for good. */
  send(records: readonly AuditRecord[]): Promise<void>;
  close(): Promise<void>;
};

/** Creates a sender. The messages are those that the sink of the producer would have sent: same key, headers and value. */
export function createEventSender(deps: KafkaClientDeps): EventSender {
  const sender = createKafkaSender(deps);
  return {
    opened: sender.opened,
    send: (records) =>
      sender.send(records.map((record) => toKafkaMessage(record, Buffer.from(canonicalJson(record.data))))),
    close: () => sender.close(),
  };
}
