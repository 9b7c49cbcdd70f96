import { compilePolicy } from '../compile/compile-policy.ts';
import { evaluatePolicy } from '../evaluate/evaluate-policy.ts';
import type { PolicyInput } from '../input/policy-input.ts';

/** Evaluates a single criterion, as the only part of `allow: {and: [...]}`. Returns `[value, ...reasons]`. */
export function evaluateCriterion(key: string, data: unknown, input: PolicyInput): [boolean, ...string[]] {
  const compiled = compilePolicy({ allow: { and: [{ [key]: data }] } }, { scope: 'test' });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  const { allow } = evaluatePolicy([compiled.policy], input);
  return [allow.value, ...allow.reasons];
}

/** Returns the faults of one criterion as `path: message`. */
export function faultsOf(key: string, data: unknown): string[] {
  const compiled = compilePolicy({ allow: { or: [{ [key]: data }] } }, { scope: 'test' });
  return compiled.ok ? [] : compiled.faults.map((fault) => `${fault.path.slice(3).join('.')}: ${fault.message}`);
}

/** Returns the warnings of one criterion in a policy of this scope. */
export function warningsOf(
  key: string,
  data: unknown,
  options: { scope?: string; action?: string; operator?: string } = {},
): string[] {
  const { scope = 'cluster/dev', action = 'allow', operator = 'or' } = options;
  const rule = { allow: { or: [{ authenticated_user: true }] }, [action]: { [operator]: [{ [key]: data }] } };
  const compiled = compilePolicy(rule, { scope });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.warnings.map((warning) => warning.message);
}

export const alice: PolicyInput = {
  session: { id: 's1' },
  user: { id: 'alice@example.com', email: 'alice@example.com', groups: ['developers', 'cn=a,ou=b'] },
};
