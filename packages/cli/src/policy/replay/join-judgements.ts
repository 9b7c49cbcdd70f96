import type { Judgement } from './judge-recorded.ts';
import type { Field } from './fields.ts';

/**
 * Joins what is said of a request in each way that it may have been: known only if all come to the same. `field`: what
 * the event does not tell.
 */
export function joinJudgements(judgements: readonly Judgement[], field: Field): Judgement {
  const [first, ...others] = judgements as [Judgement, ...Judgement[]];
  if (first.known && others.every((one) => one.known && one.effect === first.effect)) {
    return {
      known: true,
      effect: first.effect,
      rule: [...new Set(judgements.map((one) => (one.known ? one.rule : '')))].join(' or '),
    };
  }
  const open = judgements.flatMap((one) => (one.known ? [] : [one]));
  const differ = judgements.some((one) => one.known) || open.length === 0;
  return {
    known: false,
    criteria: [...new Set(open.flatMap(({ criteria }) => criteria))].toSorted(),
    fields: [...new Set([...open.flatMap(({ fields }) => fields), ...(differ ? [field] : [])])],
  };
}
