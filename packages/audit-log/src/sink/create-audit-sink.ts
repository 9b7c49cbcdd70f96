import type { AuditConfig } from '@sallyport/contracts';
import type { AuditSink } from './audit-sink.ts';
import { createAuditBus, type AuditBus } from './create-audit-bus.ts';
import { createKafkaAuditSink, type KafkaAuditSinkDeps } from './create-kafka-audit-sink.ts';

export type AuditSinkDeps = Omit<KafkaAuditSinkDeps, 'kafka' | 'sender'> & {
  /** The bus of this process, if others subscribe to it. By default a new one is created. */
  bus?: AuditBus;
};

/** Creates the sink that `audit.kafka` in the configuration selects: Kafka, or the bus of this process. */
export function createAuditSink(audit: AuditConfig, deps: AuditSinkDeps): AuditSink {
  const { bus, ...rest } = deps;
  if ('memory' in audit.kafka) return bus ?? createAuditBus(rest);
  return createKafkaAuditSink({ ...rest, kafka: audit.kafka });
}
