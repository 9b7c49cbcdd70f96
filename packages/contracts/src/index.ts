// What the services say to each other, and the schema of sallyport.yaml; depends on zod alone and runs in a browser.
export * from './problem.ts';
export * from './identity.ts';
export * from './session.ts';
export * from './replica-status.ts';
export * from './check-call.ts';
export * from './explain-call.ts';
export * from './stream-list.ts';
export * from './audit-event.ts';
export * from './audit-query.ts';
export * from './service-name.ts';
export { configSchema, largestConfigBytes, type Config } from './config/index.ts';
export { planPolicies, type PolicyPlan, type PolicyDocument, type ClusterPlan } from './config/plan-policies.ts';
export { type ClusterConfig } from './config/cluster.ts';
export { type ProviderConfig } from './config/identity.ts';
export { type SessionsConfig } from './config/sessions.ts';
export { type AuditConfig } from './config/audit.ts';
export { type ListenAddress } from './config/address.ts';
