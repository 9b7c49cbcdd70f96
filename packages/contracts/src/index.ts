// The calls between the services, and the schema of sallyport.yaml. Depends on zod only and runs in a browser.
export * from './problem/problem.ts';
export * from './text/decode-fully.ts';
export * from './sallyport-version.ts';
export * from './kubernetes/index.ts';
export * from './answers/index.ts';
export * from './policy/decision.ts';
export * from './identity/identity.ts';
export * from './identity/agent-scope.ts';
export * from './identity/rights-end.ts';
export * from './identity/session.ts';
export * from './calls/machine-calls.ts';
export * from './calls/change-feed.ts';
export * from './calls/audit-view-call.ts';
export * from './calls/clusters-call.ts';
export * from './calls/replica-status.ts';
export * from './calls/check-call.ts';
export * from './calls/explain-call.ts';
export * from './calls/elevation-calls.ts';
export * from './elevation/elevation.ts';
export * from './elevation/approver-set-progress.ts';
export * from './elevation/notice.ts';
export * from './on-call/on-call-list.ts';
export * from './calls/session-list.ts';
export * from './calls/route-session-call.ts';
export * from './calls/stream-list.ts';
export * from './calls/recording-calls.ts';
export * from './calls/workload-call.ts';
export * from './audit/audit-event-types.ts';
export * from './audit/audit-event.ts';
export * from './audit/alert-kinds.ts';
export * from './audit/proof-part.ts';
export * from './audit/reservation.ts';
export * from './audit/sallyport-part.ts';
export * from './audit/audit-result.ts';
export * from './audit/audit-query.ts';
export * from './audit/recording-query.ts';
export * from './service-name.ts';
export { configSchema, type Config } from './config/index.ts';
export { maxConfigBytes } from './config/max-config-bytes.ts';
export { planPolicies, type PolicyPlan, type PolicyDocument, type ClusterPlan } from './config/plan-policies.ts';
export { type ClusterConfig } from './config/cluster.ts';
export { type ConnectorConfig } from './config/connector.ts';
export { hostOfRoute, type RouteConfig } from './config/route.ts';
export { identityFields, type RouteIdentityConfig } from './config/route-identity.ts';
export { type ProviderConfig } from './config/provider.ts';
export { type ApproverSet } from './config/approver-set.ts';
export { elevationGroups, type ElevationEntry } from './config/elevation.ts';
export {
  recordDemands,
  recordsSessions,
  type RecordDemand,
  type RecordingsConfig,
  type S3StoreConfig,
} from './config/recordings.ts';
export { type OnCallConfig } from './config/on-call.ts';
export { mailAddressSchema, type NotificationConfig } from './config/notification.ts';
export { claimsSource, type DirectoryConfig, type SourceConfig, type SourceConfigOf } from './config/directory.ts';
export { claimsOfTemplate } from './config/provider-faults.ts';
export { foreignPrefixes, warnOfSharedNames } from './config/shared-names.ts';
export { parseUserTemplate, type UserTemplate } from './config/user-template.ts';
export { type WorkloadConfig } from './config/workload.ts';
export { faultsOfWorkloadNames, workloadPrefixes, workloadSource } from './config/workload-names.ts';
export * from './config/warnings.ts';
export { usesKafka, warnOfClearKafka, type KafkaConfig, type KafkaTokenLogin } from './config/kafka.ts';
export { type SessionsConfig } from './config/sessions.ts';
export { ruleLabel } from './policy/rule-label.ts';
export { compileGlob } from './text/glob.ts';
export { hasVisibleText } from './text/has-visible-text.ts';
export { createTextSearch } from './text/text-search.ts';
export { plainHeaderName } from './text/plain-header-name.ts';
export { durationSchema } from './config/quantities.ts';
export * from './text/index.ts';
export { type AnchorConfig, type AuditConfig, type CheckpointsConfig } from './config/audit.ts';
export { acmeDomains, gatewayHosts, type AcmeConfig } from './config/acme.ts';
export { defaultTlsProfile, type TlsProfile } from './config/tls.ts';
export { about } from './text/about.ts';
export { isDnsLabel, nameSchema } from './text/name.ts';
export { listenSchema, urlSchema, type ListenAddress } from './config/address.ts';
