// Audit events: creating them, delivering them to Kafka or into files, and reading them back.
export * from './record/anonymous-group.ts';
export type * from './record/audit-event-draft.ts';
export * from './record/create-audit-record.ts';
export {
  createCallerTexts,
  DraftInParts,
  joinDraft,
  type CallerDraft,
  type RequestDraft,
} from './record/draft-in-parts.ts';
export * from './record/sample-audit-record.ts';
export * from './record/create-id-source.ts';
export type * from './sink/audit-sink.ts';
export { checkAuditSink } from './sink/check-audit-sink.ts';
export { checkDirectory, checkSpool } from './sink/check-spool.ts';
export * from './sink/create-audit-sink.ts';
export { createRetriedRecord, type RetriedOutcome } from './sink/create-retried-record.ts';
export { recordAfterEffect, recordBeforeEffect } from './sink/record-after-effect.ts';
export { addAuditReadiness } from './sink/add-audit-readiness.ts';
export * from './sink/create-audit-bus.ts';
export { openAuditLog } from './files/open-audit-log.ts';
export { readTrailLine, toLine } from './files/trail-line.ts';
export { createEventSender, type EventSender } from './kafka/create-event-sender.ts';
export { UndeliverableError } from './kafka/kafka-errors.ts';
export { createKafkaAuditSink, type KafkaAuditSinkDeps } from './sink/create-kafka-audit-sink.ts';
export type { KafkaConfig } from '@sallyport/contracts';
export {
  consumeKafkaAudit,
  type ConsumeKafkaAuditDeps,
  type KafkaAuditConsumer,
} from './consume/consume-kafka-audit.ts';
export { readKafkaAudit, type AuditTopicMessage, type ReadKafkaAuditDeps } from './consume/read-kafka-audit.ts';
export { createIngestMetrics } from './consume/ingest-metrics.ts';
export { StoreBehindError, type StoredPositions, type TopicPlace } from './sink/topic-place.ts';
export { createGroupWait } from './consume/wait-for-group.ts';
