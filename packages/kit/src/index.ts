// What every service needs to start, run and stop: configuration, logs, metrics, health, problems, and calls between
// services.
export * from './problem/problem-error.ts';
export * from './tokens/hash-token.ts';
export { userUid, uuidOf } from './identity/uuid-of.ts';
export { escapeUnseen, lineOfJson } from './json/line-of-json.ts';
export * from './json/parse-json.ts';
export { showUnseen, shownText } from './text/shown-text.ts';
export * from './cache/expiring-cache.ts';
export * from './cache/once-for-each.ts';
export * from './members/roster.ts';
export { createRefreshed } from './cache/refreshed.ts';
export * from './events/create-listeners.ts';
export * from './time/create-repeater.ts';
export * from './time/run-every.ts';
export * from './time/time-slicer.ts';
export * from './time/with-deadline.ts';
export * from './run-service.ts';
export * from './config/check-policies.ts';
export { checkOwnService } from './service/check-own-service.ts';
export * from './config/check-named-file.ts';
export * from './config/check-certificates.ts';
export { isSingleProcess, needsOwnCertificate } from './config/complete-config.ts';
export { dataFiles } from './config/data-files.ts';
export * from './config/config-faults.ts';
export * from './config/service-check.ts';
export { describeIssue } from './config/describe-issue.ts';
export * from './config/load-config.ts';
export * from './config/yaml-places.ts';
export * from './config/nearest-name.ts';
export * from './config/policies-version.ts';
export * from './config/read-yaml.ts';
export { schemaFaults } from './config/schema-faults.ts';
export * from './config/read-text-file.ts';
export { createConcurrencyLimiter, type ConcurrencyLimiter } from './http/concurrency-limiter.ts';
export * from './http/read-body.ts';
export * from './http/send-problem.ts';
export * from './http/create-internal-server.ts';
export { ListenFailure, listenFailure } from './http/listen-failure.ts';
export * from './http/listen-http.ts';
export { boundFetch, describeFetchFailure, type OutboundFetch, ResponseTooLargeError } from './http/bound-fetch.ts';
export { proxyEnvironment, type ProxyEnvironment } from './http/proxy-environment.ts';
export * from './observe/create-logger.ts';
export * from './observe/create-admin-server.ts';
export * from './observe/readiness.ts';
export * from './observe/repeat-with-outage.ts';
export * from './observe/warn-once.ts';
export { type Span, type SpanAttributes, type Tracer, parseTraceparent, type SpanReference } from './tracing/span.ts';
export { beginCallSpan, beginSampledSpan } from './tracing/begin-span.ts';
export { peerAttributes } from './tracing/trace-call.ts';
export { endWithResponse, spanOf, traceRequests } from './tracing/trace-requests.ts';
export * from './service/service-credential.ts';
export * from './service/service-keys.ts';
export * from './service/session-token.ts';
export { createTokenVerifier } from './service/token-verifier.ts';
export * from './service/service-client.ts';
export * from './service/records.ts';
export * from './service/caller.ts';
export { createConfigReader } from './reload/config-reader.ts';
export { createReloader } from './reload/create-reloader.ts';
export {
  type AcceptedCandidate,
  type Reloader,
  type ReloaderDeps,
  type ReloadTrigger,
  ReloadPostponed,
} from './reload/reloader.ts';
export { type ReloadResult } from './reload/reload-metrics.ts';
export { unpackDocuments } from './reload/pack-documents.ts';
export { createFileFollower } from './reload/follow-files.ts';
