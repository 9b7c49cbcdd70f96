import { isOfPerson } from '../criteria/is-of-person.ts';
import { isPartTrue, type AlternativeTrace, type CriterionTrace } from './explain-policy.ts';

const needsEvery = ({ operator }: AlternativeTrace) => operator === 'and' || operator === 'not';

/**
 * Returns the part of a trace that is about the user who asks: alternatives that are true for them, and those that fail
 * only because of the request. An alternative that fails because of who they are is about other users. It is omitted,
 * because its existence alone reveals that others have such a right. If one part of an alternative is enough, only its
 * true parts are about the user.
 */
export function rulesAboutPerson(alternatives: readonly AlternativeTrace[]): AlternativeTrace[] {
  return alternatives.flatMap((alternative) => {
    const isTrue = (one: CriterionTrace) => isPartTrue(alternative, one);
    if (alternative.holds) return [{ ...alternative, criteria: alternative.criteria.filter(isTrue) }];
    const persons = alternative.criteria.filter(({ name }) => isOfPerson(name));
    const fails = needsEvery(alternative) ? persons.some((one) => !isTrue(one)) : persons.length > 0;
    return fails ? [] : [alternative];
  });
}
