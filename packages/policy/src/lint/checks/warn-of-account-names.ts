import type { FaultList, FaultPath } from '../../document/fault-list.ts';
import { isPlainObject } from '../../document/plain-object.ts';
import { evaluatePolicy } from '../../evaluate/evaluate-policy.ts';
import type { PolicyInput } from '../../input/policy-input.ts';
import type { CompiledPolicy } from '../../language/compiled-policy.ts';
import { namedTexts, textMatcherOf } from '../../matchers/named-texts.ts';
import { placeOf, type Clause } from '../blocks/block.ts';

const prefix = 'service-account:';

/** Returns the names of service accounts that the data of the criterion `user` compares, or begins with. */
function accountsIn(data: unknown): { text: string; path: FaultPath }[] {
  const start = isPlainObject(data) ? data.starts_with : undefined;
  const begun = typeof start === 'string' ? [{ text: start, path: ['starts_with'] }] : [];
  return [...namedTexts(data), ...begun].filter(({ text }) => text.startsWith(prefix));
}

/** Someone with a login, of whom the policies know nothing else. */
const anyone: PolicyInput = { user: { id: 'anyone', groups: [], claims: {} }, session: { id: 'any', claims: {} } };

/** Tells whether the policies about names, if there are any, keep the name of an account from anyone. */
export function createIsReserved(policies: readonly CompiledPolicy[]): (user: string) => boolean {
  return (user) =>
    policies.length > 0 &&
    user !== prefix &&
    evaluatePolicy(policies, { ...anyone, serviceAccount: user.slice(prefix.length) }).effect !== 'allow';
}

/**
 * Warns of a rule that gives something to the name of a service account alone: an allow, or an exception of a deny. Until
 * someone has the name, anyone who has a group can create it.
 */
export function warnOfAccountNames(
  { block, literals }: Clause,
  isReserved: (user: string) => boolean,
  warnings: FaultList,
): void {
  const { action, alternative } = block;
  const allows = action === 'allow';
  if (allows && literals.some(({ label, negated }) => label === 'groups' && !negated)) return;
  // Of a `nor`, all criteria must hold to be left out.
  if (!allows && alternative.invert && !alternative.every) return;
  for (const { label, data, negated, index } of literals) {
    if (label !== 'user') continue;
    const matches = textMatcherOf(data);
    for (const { text, path } of accountsIn(data)) {
      if (allows !== (matches(text) !== negated) || isReserved(text)) continue;
      warnings.add(
        [...placeOf(block, index), ...path],
        `${allows ? 'lets in' : 'leaves out'} ${JSON.stringify(text)} by its name alone, and anyone who has a group can create a service account with a name that no one has yet`,
        {
          code: 'name-of-service-account',
          hint: allows
            ? 'add groups, which only their members can give to a service account, or reserve the name in api.policy.serviceAccountNames'
            : 'reserve the name in api.policy.serviceAccountNames',
        },
      );
    }
  }
}
