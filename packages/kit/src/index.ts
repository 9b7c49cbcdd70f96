// What every service needs to stand up: configuration, logs, health, problems, sessions, the audit sink, and calls
// between services.
export * from './problem-error.ts';
export * from './hash-token.ts';
export * from './parse-json.ts';
export * from './run-service.ts';
export * from './config/check-policies.ts';
export * from './config/config-faults.ts';
export * from './config/load-config.ts';
export * from './config/nearest-name.ts';
export * from './config/policies-version.ts';
export * from './config/read-yaml.ts';
export * from './config/read-text-file.ts';
export * from './http/send-problem.ts';
export * from './http/create-internal-server.ts';
export * from './http/listen-http.ts';
export { tlsOptions } from './http/tls-options.ts';
export * from './observe/create-logger.ts';
export * from './observe/create-admin-server.ts';
export * from './observe/readiness.ts';
export * from './service/service-credential.ts';
export * from './service/service-keys.ts';
export * from './service/session-token.ts';
export * from './service/service-client.ts';
export * from './service/require-service.ts';
export * from './service/caller.ts';
export { createConfigReader, type ConfigReader, type ReadCandidate } from './reload/config-reader.ts';
export {
  createReloader,
  type AcceptedCandidate,
  type Reloader,
  type ReloaderDeps,
  type ReloadStatus,
  type ReloadTrigger,
} from './reload/create-reloader.ts';
export { type ReloadResult } from './reload/reload-metrics.ts';
export { unpackDocuments, type PackedDocuments } from './reload/pack-documents.ts';
export { createFileFollower, type FileFollower } from './reload/follow-files.ts';
export * from './replicas/create-memory-replica-board.ts';
export * from './replicas/create-redis-replica-board.ts';
export { type ReplicaBoard } from './replicas/replica-board.ts';
export * from './replicas/report-replica.ts';
export * from './streams/create-memory-stream-board.ts';
export * from './streams/create-redis-stream-board.ts';
export { type StreamBoard } from './streams/stream-board.ts';
export * from './directory/create-memory-directory-store.ts';
export * from './directory/create-redis-directory-store.ts';
export type * from './directory/directory-store.ts';
export * from './sessions/connect-redis.ts';
export * from './sessions/create-memory-provider-token-store.ts';
export * from './sessions/create-memory-session-store.ts';
export * from './sessions/create-memory-single-use-store.ts';
export * from './sessions/create-redis-provider-token-store.ts';
export * from './sessions/create-redis-session-store.ts';
export * from './sessions/create-redis-single-use-store.ts';
export * from './sessions/create-session-stores.ts';
export * from './sessions/load-sealing-keys.ts';
export * from './sessions/token-sealer.ts';
export type * from './sessions/provider-token-store.ts';
export type * from './sessions/session-store.ts';
export type * from './sessions/single-use-store.ts';
export type * from './audit/audit-sink.ts';
export * from './audit/address-block.ts';
export * from './audit/anonymous-group.ts';
export * from './audit/create-audit-record.ts';
export * from './audit/sample-audit-record.ts';
export * from './audit/create-id-source.ts';
export * from './audit/micro-time.ts';
export * from './audit/create-audit-sink.ts';
export * from './audit/create-audit-bus.ts';
export { createKafkaAuditSink, type KafkaAuditSinkDeps } from './audit/create-kafka-audit-sink.ts';
export { consumeKafkaAudit, type ConsumeKafkaAuditDeps, type KafkaAuditConsumer } from './audit/consume-kafka-audit.ts';
export { readKafkaAudit, type ReadKafkaAuditDeps } from './audit/read-kafka-audit.ts';
export { createIngestMetrics } from './audit/ingest-metrics.ts';
export { type KafkaConfig } from './audit/kafka-client.ts';
export { createHttp1Client, type Http1Client, type Http1Request } from './http1/http1-client.ts';
export { type Http1Flow, type Http1Handler } from './http1/http1-connection.ts';
export { Http1Error } from './http1/http1-error.ts';
export { ResponseReader } from './http1/response-reader.ts';
