// What every service needs to start, run and stop: configuration, logs, metrics, health, problems, and calls between
// services.
export * from './problem/problem-error.ts';
export * from './tokens/hash-token.ts';
export * from './json/parse-json.ts';
export * from './events/create-listeners.ts';
export * from './time/time-slicer.ts';
export * from './time/with-deadline.ts';
export * from './run-service.ts';
export * from './config/check-policies.ts';
export * from './config/config-faults.ts';
export * from './config/load-config.ts';
export * from './config/nearest-name.ts';
export * from './config/policies-version.ts';
export * from './config/read-yaml.ts';
export * from './config/read-text-file.ts';
export * from './http/read-body.ts';
export * from './http/send-problem.ts';
export * from './http/create-internal-server.ts';
export * from './http/listen-http.ts';
export * from './http/bound-fetch.ts';
export { tlsOptions } from './http/tls-options.ts';
export * from './observe/create-logger.ts';
export * from './observe/create-admin-server.ts';
export * from './observe/readiness.ts';
export * from './observe/warn-once.ts';
export * from './service/service-credential.ts';
export * from './service/service-keys.ts';
export * from './service/session-token.ts';
export * from './service/service-client.ts';
export * from './service/require-service.ts';
export * from './service/caller.ts';
export * from './service/client-facts.ts';
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
