// The policy language, a superset of Pomerium's, and its engine. Documents are compiled once to closures, which are
// evaluated for every request.
export { compilePolicy, compilePolicySliced, type CompileResult } from './compile/compile-policy.ts';
export { runSteps, runStepsSliced, type Slicing, type Steps } from './document/run-steps.ts';
export { type CompiledPolicy, type Alternative } from './language/compiled-policy.ts';
export {
  actionHolds,
  evaluatePolicy,
  defaultDeny,
  type PolicyResult,
  type ActionResult,
  type Effect,
} from './evaluate/evaluate-policy.ts';
export {
  explainPolicy,
  outlineRules,
  traceAlternatives,
  isPartTrue,
  rulesAboutPerson,
  type PolicyTrace,
  type AlternativeTrace,
  type CriterionTrace,
} from './evaluate/explain-policy.ts';
export { nameOf, namespaceOf } from './reach/name-of.ts';
export { extraVerbsOf, type ExtraVerb } from './input/extra-verbs.ts';
export { lintPolicies, type LintSubject, type PolicyWarning } from './lint/lint-policies.ts';
export { createResourceCatalog, type KnownResource, type ResourceCatalog } from './lint/resources/resource-catalog.ts';
export { dependsOnCluster, mayReach, namedRequests, type NamedRequest } from './evaluate/may-reach.ts';
export { allowedAfterLogin, type LoginDemand } from './evaluate/allowed-after-login.ts';
export { readPolicyInput, type ReadPolicyInputResult } from './input/read-policy-input.ts';
export { policyVersion } from './compile/policy-version.ts';
export { type PolicyFault, type FaultPath } from './document/fault-list.ts';
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
  type Action,
  type Operator,
  type Criterion,
  type CriterionDoc,
  type CompileContext,
  type EvaluateCriterion,
} from './language/criterion.ts';
export { pass, fail, leaveOpen, isOpen, type Verdict } from './language/verdict.ts';
export { compileGlob } from '@sallyport/contracts';
