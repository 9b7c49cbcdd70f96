// The policy language, a superset of Pomerium's, and its engine. Documents are compiled once to closures, which are
// evaluated for every request.
export { compilePolicy, compilePolicySliced, type CompileResult } from './compile/compile-policy.ts';
export { runSteps, runStepsSliced, type Slicing, type Steps } from './compile/run-steps.ts';
export { type Action, type Operator } from './language/actions.ts';
export { type CompiledPolicy, type Alternative } from './language/compiled-policy.ts';
export {
  evaluatePolicy,
  defaultDeny,
  type PolicyResult,
  type ActionResult,
  type Effect,
} from './evaluate/evaluate-policy.ts';
export {
  explainPolicy,
  traceAlternatives,
  isPartTrue,
  type PolicyTrace,
  type AlternativeTrace,
  type CriterionTrace,
} from './evaluate/explain-policy.ts';
export { namespaceOf } from './reach/namespace-of.ts';
export { nameOf } from './reach/name-of.ts';
export { extraVerbsOf, type ExtraVerb } from './input/extra-verbs.ts';
export { lintPolicies, type LintSubject, type PolicyWarning } from './lint/lint-policies.ts';
export { createResourceCatalog, type KnownResource, type ResourceCatalog } from './lint/resources/resource-catalog.ts';
export { dependsOnCluster } from './evaluate/depends-on-cluster.ts';
export { mayReach } from './evaluate/may-reach.ts';
export { namedRequests, type NamedRequest } from './evaluate/named-requests.ts';
export { allowedAfterLogin, type LoginDemand } from './evaluate/allowed-after-login.ts';
export { rulesAboutPerson } from './evaluate/rules-about-person.ts';
export { readPolicyInput, type ReadPolicyInputResult } from './input/read-policy-input.ts';
export { policyVersion } from './compile/policy-version.ts';
export { type PolicyFault, type FaultPath } from './compile/fault-list.ts';
export {
  type PolicyInput,
  type OnCallInput,
  type UserInput,
  type SessionInput,
  type RequestInput,
  type KubernetesInput,
  type ClientCertificateInput,
} from './input/policy-input.ts';
export { criterionOfReason, type Reason } from './language/reasons.ts';
export { criteria } from './criteria/index.ts';
export {
  type Criterion,
  type CriterionDoc,
  type CompileContext,
  type EvaluateCriterion,
} from './language/criterion.ts';
export { pass, fail, leaveOpen, isOpen, type Verdict } from './language/verdict.ts';
export { compileGlob } from '@sallyport/contracts';
