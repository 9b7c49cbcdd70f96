// The policy language (a superset of Pomerium's) and its engine: documents are compiled once to closures and evaluated
// per request.
export { compilePolicy, compilePolicySliced, type CompileResult } from './compile/compile-policy.ts';
export { runStepsSliced, type Slicing, type Steps } from './compile/run-steps.ts';
export {
  type CompiledPolicy,
  type Alternative,
  type Action,
  type Operator,
  actions,
  operators,
} from './compiled-policy.ts';
export { evaluatePolicy, defaultDeny, type PolicyResult, type ActionResult, type Effect } from './evaluate-policy.ts';
export {
  explainPolicy,
  traceAlternatives,
  isPartTrue,
  type PolicyTrace,
  type AlternativeTrace,
  type CriterionTrace,
} from './explain-policy.ts';
export { namespaceOf } from './reach/namespace-of.ts';
export { nameOf } from './reach/name-of.ts';
export { readingsOf, type Reading } from './readings-of.ts';
export { lintTogether } from './lint/lint-together.ts';
export { mayReach } from './may-reach.ts';
export { rulesAboutPerson } from './rules-about-person.ts';
export { readPolicyInput, type ReadPolicyInputResult } from './read-policy-input.ts';
export { policyVersion, policyVersionSliced } from './policy-version.ts';
export { type PolicyFault, type FaultPath } from './compile/fault-list.ts';
export {
  type PolicyInput,
  type UserInput,
  type SessionInput,
  type RequestInput,
  type KubernetesInput,
  type ClientCertificateInput,
} from './policy-input.ts';
export { reasons, criterionOfReason, type Reason } from './reasons.ts';
export { criteria } from './criteria/index.ts';
export { type Criterion, type CriterionDoc, type CompileContext, type EvaluateCriterion } from './criterion.ts';
export { policyReference } from './reference/policy-reference.ts';
export { policyJsonSchema } from './reference/policy-json-schema.ts';
export { pass, fail, leaveOpen, isOpen, type Verdict } from './verdict.ts';
export { compileGlob } from './matchers/glob.ts';
