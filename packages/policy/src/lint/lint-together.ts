import type { CompiledPolicy } from '../language/compiled-policy.ts';
import { FaultList, type PolicyFault } from '../compile/fault-list.ts';
import { blockOf } from './block.ts';
import { warnOfAllows } from './warn-of-allows.ts';

/** Beyond this, blocks are not compared with each other: documents with so many are generated. */
const maxBlocks = 500;

/**
 * Warns of rules that allow what a rule of another policy denies, among policies that apply together. Paths begin with
 * the index of the rule in the policy of that scope.
 */
export function lintTogether(policies: readonly CompiledPolicy[]): (PolicyFault & { readonly scope: string })[] {
  if (policies.reduce((sum, { allow, deny }) => sum + allow.length + deny.length, 0) > maxBlocks) return [];
  return policies.flatMap((policy) => {
    const denials = policies
      .filter((other) => other !== policy)
      .flatMap(({ deny }) => deny.map((one) => blockOf(one, 'deny', true)));
    const warnings = new FaultList();
    if (denials.length > 0)
      warnOfAllows(
        policy.allow.map((one) => blockOf(one, 'allow', true)),
        denials,
        warnings,
      );
    return warnings.list().map((warning) => ({ ...warning, scope: policy.scope }));
  });
}
