// The service that decides every request, from the policies and the live session.
export { type Authorize, type AuthorizeDeps } from './service/create-authorize.ts';
export { startAuthorize, type AuthorizeParts, type RunningAuthorize } from './service/start-authorize.ts';
export { type PolicySet, type PolicySnapshot, type ClusterRules } from './policies/policy-set.ts';
export { type CompiledConfigPolicies } from './policies/compile-policies.ts';
