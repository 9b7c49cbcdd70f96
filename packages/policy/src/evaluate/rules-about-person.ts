import { isOfPerson } from '../criteria/is-of-person.ts';
import { isPartTrue, type AlternativeTrace, type CriterionTrace } from './explain-policy.ts';

const needsEvery = ({ operator }: AlternativeTrace) => operator === 'and' || operator === 'not';

/**
 * What of a trace is about the person who asks: alternatives that are true for them, and those that only want something
 * else of the request. An alternative that fails by who they are is about other people, and is left out: its existence
 * alone says that others have such a right. Of an alternative of which one part is enough, only the parts that are true
 * are about them.
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
