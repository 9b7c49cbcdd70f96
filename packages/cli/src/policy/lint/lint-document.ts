import type { LintSubject } from '../../config/gateway-config.ts';
import type { PolicyTools } from '../../config/policy-tools.ts';

/** The resources of a live cluster, if it was asked. */
export type Live = LintSubject['live'];

/** Returns the faults of a policy document or, if it has none, its warnings: of the compiler and of the lint. */
export function lintDocument(
  document: unknown,
  scope: string,
  { compilePolicy, lintPolicies }: Pick<PolicyTools, 'compilePolicy' | 'lintPolicies'>,
  live?: Live,
) {
  const compiled = compilePolicy(document, { scope });
  if (!compiled.ok) return { faults: compiled.faults, warnings: [] };
  const policies = [{ policy: compiled.policy, isList: Array.isArray(document) }];
  const found = lintPolicies({ policies, ...(live ? { live } : {}) });
  return { faults: [], warnings: [...compiled.warnings, ...found] };
}
