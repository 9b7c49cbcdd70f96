import type { Explanation } from '@sallyport/contracts/answers';
import type { CompiledPolicy, PolicyInput, PolicyTrace } from '../../config/gateway-config.ts';
import type { PolicyTools } from '../../config/load-gateway-config.ts';

/**
 * What decides a request: policies, and whether a missing login (`loginFirst`) or the cluster's settings
 * (`refusesUser`) refuse it whatever the policies say.
 */
type Deciders = { policies: readonly CompiledPolicy[]; loginFirst: boolean; refusesUser: boolean };

function readAsked({ kubernetes = {}, request }: PolicyInput): Explanation['asked'] {
  const {
    verb = '',
    resource = '',
    apiGroup = '',
    subresource = '',
    namespace = '',
    name = '',
    path = '',
    impersonate,
  } = kubernetes;
  return {
    verb,
    resource,
    apiGroup,
    subresource,
    namespace,
    name,
    isResourceRequest: kubernetes.isResourceRequest ?? resource !== '',
    method: request?.method ?? '',
    path: path === '' ? (request?.path ?? '') : path,
    ...(impersonate === undefined ? {} : { impersonate: [...impersonate] }),
  };
}

function readDecision(
  trace: PolicyTrace,
  { session, kubernetes }: PolicyInput,
  { loginFirst, refusesUser }: Deciders,
  { decidingReasons }: Pick<PolicyTools, 'decidingReasons'>,
): Explanation['decision'] {
  const decided = {
    effect: trace.effect,
    rule: trace.rule,
    reasons: [...decidingReasons(trace)],
    policyVersion: '',
    ...(trace.evaluatedAs === undefined ? {} : { evaluatedAs: trace.evaluatedAs }),
  };
  const named = trace.ruleName === undefined ? decided : { ...decided, ruleName: trace.ruleName };
  if (loginFirst && session == null) return { ...decided, effect: 'authenticate', reasons: ['user-unauthenticated'] };
  return refusesUser && decided.effect === 'allow'
    ? { ...decided, effect: 'deny', rule: `cluster/${kubernetes?.cluster ?? ''}.impersonate`, reasons: [] }
    : named;
}

/**
 * Explains what a gateway with these policies would decide. The explanation shows every rule, because the caller has
 * the files anyway.
 */
export function offlineExplanation(
  input: PolicyInput,
  deciders: Deciders,
  tools: Pick<PolicyTools, 'decidingReasons' | 'explainPolicy' | 'extraVerbsOf'>,
): Explanation {
  const trace = tools.explainPolicy(deciders.policies, input);
  const also = tools.extraVerbsOf(input.kubernetes).map((extra) => extra.verb);
  return {
    cluster: input.kubernetes?.cluster ?? '',
    ...(also.length === 0 ? {} : { also }),
    decision: readDecision(trace, input, deciders, tools),
    ...(trace.ruleMessage === undefined ? {} : { ruleMessage: trace.ruleMessage }),
    shows: 'all',
    leftOut: 0,
    person: {
      user: input.user?.id ?? '',
      ...(input.user?.email === undefined ? {} : { email: input.user.email }),
      groups: [...(input.user?.groups ?? [])],
      other: true,
    },
    asked: readAsked(input),
    rules: trace.alternatives.map(({ rule, ruleName, action, operator, holds, criteria }) => ({
      rule,
      ...(ruleName === undefined ? {} : { ruleName }),
      action,
      operator,
      holds,
      criteria: criteria.map((one) => ({ ...one })),
    })),
  };
}
