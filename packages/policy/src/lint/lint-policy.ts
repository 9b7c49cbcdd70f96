import type { Alternative } from '../language/compiled-policy.ts';
import type { FaultList } from '../compile/fault-list.ts';
import type { Steps } from '../compile/run-steps.ts';
import { blockOf } from './block.ts';
import { warnOfAllows } from './warn-of-allows.ts';
import { warnOfDenials } from './warn-of-denials.ts';
import { warnOfSameThings } from './warn-of-same-things.ts';

/** More blocks than this are not compared with one another: people who write so many do it by a program. */
const mostBlocks = 500;

/**
 * Warns of what loads and can hardly be meant: rules that say less, or more, than they seem to. In steps, because each
 * rule is compared with the others.
 */
export function* lintPolicy(
  { allow, deny }: { readonly allow: readonly Alternative[]; readonly deny: readonly Alternative[] },
  isList: boolean,
  warnings: FaultList,
): Steps<void> {
  if (deny.length === 0 || allow.length + deny.length > mostBlocks) return;
  const denials = deny.map((one) => blockOf(one, 'deny', isList));
  warnOfDenials(denials, warnings);
  yield* warnOfSameThings(denials, warnings);
  warnOfAllows(
    allow.map((one) => blockOf(one, 'allow', isList)),
    denials,
    warnings,
  );
}
