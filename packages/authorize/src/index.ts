// The service that decides every request, from the policies and the live session.
export { createAuthorize, type Authorize, type AuthorizeDeps } from './service/create-authorize.ts';
export { startAuthorize, type AuthorizeParts, type RunningAuthorize } from './service/start-authorize.ts';
export { createPolicySet, type PolicySet, type PolicySnapshot, type ClusterRules } from './policies/policy-set.ts';
export { compileConfigPolicies, type CompiledConfigPolicies } from './policies/compile-config-policies.ts';
