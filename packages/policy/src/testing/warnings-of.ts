import { compilePolicy } from '../compile/compile-policy.ts';
import { lintPolicies, type LintSubject, type PolicyWarning } from '../lint/lint-policies.ts';

/** Returns the warnings about a policy document, of the compiler and of the lint. */
export function warningsOf(
  document: unknown,
  more: Omit<LintSubject, 'policies'> & { scope?: string } = {},
): PolicyWarning[] {
  const { scope = 'policy', ...subject } = more;
  const compiled = compilePolicy(document, { scope });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return [
    ...compiled.warnings.map((one) => ({ ...one, scope })),
    ...lintPolicies({ policies: [{ policy: compiled.policy, isList: Array.isArray(document) }], ...subject }),
  ];
}
