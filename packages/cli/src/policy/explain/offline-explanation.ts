import type { CompiledPolicy, PolicyInput } from '../../config/gateway-config.ts';
import { decidingReasons } from '../engine/deciding-reasons.ts';
import type { PolicyTools } from '../engine/policy-tools.ts';
import type { Explanation } from './explanation.ts';

/** What decides: policies, and whether the cluster's settings or a missing login decide before them. */
export type Judged = { policies: readonly CompiledPolicy[]; loginFirst: boolean; refusesUser: boolean };

/** Explains from files what a gateway with these policies would decide; whoever has the files may see every rule. */
export function offlineExplanation(
  input: PolicyInput,
  { policies, loginFirst, refusesUser }: Judged,
  tools: Pick<PolicyTools, 'explainPolicy' | 'readingsOf'>,
): Explanation {
  const trace = tools.explainPolicy(policies, input);
  const {
    verb = '',
    resource = '',
    apiGroup = '',
    subresource = '',
    namespace = '',
    name = '',
    path = '',
    cluster = '',
    isResourceRequest = resource !== '',
  } = input.kubernetes ?? {};
  const decided = {
    effect: trace.effect,
    rule: trace.rule,
    reasons: [...decidingReasons(trace)],
    policyVersion: '',
    ...(trace.judgedAs === undefined ? {} : { judgedAs: trace.judgedAs }),
  };
  const also = tools.readingsOf(input.kubernetes).map((reading) => reading.verb);
  const decision: Explanation['decision'] =
    loginFirst && input.session == null
      ? { ...decided, effect: 'authenticate', reasons: ['user-unauthenticated'] }
      : refusesUser && decided.effect === 'allow'
        ? { ...decided, effect: 'deny', rule: `cluster/${cluster}.impersonate`, reasons: [] }
        : decided;
  return {
    cluster,
    ...(also.length === 0 ? {} : { also }),
    decision,
    shows: 'all',
    leftOut: 0,
    person: {
      user: input.user?.id ?? '',
      ...(input.user?.email === undefined ? {} : { email: input.user.email }),
      groups: [...(input.user?.groups ?? [])],
      other: true,
    },
    asked: {
      verb,
      resource,
      apiGroup,
      subresource,
      namespace,
      name,
      isResourceRequest,
      method: input.request?.method ?? '',
      path: path === '' ? (input.request?.path ?? '') : path,
    },
    rules: trace.alternatives.map(({ rule, action, operator, holds, criteria }) => ({
      rule,
      action,
      operator,
      holds,
      criteria: criteria.map((one) => ({ ...one })),
    })),
  };
}
