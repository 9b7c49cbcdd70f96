import type { Alternative } from '../language/compiled-policy.ts';
import type { FaultList } from '../compile/fault-list.ts';
import type { Steps } from '../compile/run-steps.ts';
import { blockOf } from './block.ts';
import { warnOfAllows } from './warn-of-allows.ts';
import { warnOfDenials } from './warn-of-denials.ts';
import { warnOfSameThings } from './warn-of-same-things.ts';

/** Beyond this, blocks are not compared with each other: documents with so many are generated. */
const maxBlocks = 500;

/**
 * Warns of rules that compile but are probably mistakes, because they mean less or more than they seem to. Works in
 * steps, because each rule is compared with the others.
 */
export function* lintPolicy(
  { allow, deny }: { readonly allow: readonly Alternative[]; readonly deny: readonly Alternative[] },
  isList: boolean,
  warnings: FaultList,
): Steps<void> {
  if (deny.length === 0 || allow.length + deny.length > maxBlocks) return;
  const denials = deny.map((one) => blockOf(one, 'deny', isList));
  warnOfDenials(denials, warnings);
  yield* warnOfSameThings(denials, warnings);
  warnOfAllows(
    allow.map((one) => blockOf(one, 'allow', isList)),
    denials,
    warnings,
  );
}
