import type { PolicyResult } from '../evaluate/evaluate-policy.ts';
import type { Field } from './fields.ts';

/**
 * The decision of a policy on a recorded request. It is unknown if it depends on fields that the event does not record.
 * Then `criteria` are those that need these fields.
 */
export type RecordedOutcome =
  | { known: true; effect: PolicyResult['effect']; rule: string }
  | { known: false; criteria: readonly string[]; fields: readonly Field[] };

/**
 * Joins the outcomes of all variants that a request may have been. The result is known only if they all agree. `field`
 * is the field that the event does not record.
 */
export function joinOutcomes(outcomes: readonly RecordedOutcome[], field: Field): RecordedOutcome {
  const [first, ...others] = outcomes as [RecordedOutcome, ...RecordedOutcome[]];
  if (first.known && others.every((one) => one.known && one.effect === first.effect)) {
    return {
      known: true,
      effect: first.effect,
      rule: [...new Set(outcomes.map((one) => (one.known ? one.rule : '')))].join(' or '),
    };
  }
  const open = outcomes.flatMap((one) => (one.known ? [] : [one]));
  const differ = outcomes.some((one) => one.known) || open.length === 0;
  return {
    known: false,
    criteria: [...new Set(open.flatMap(({ criteria }) => criteria))].toSorted(),
    fields: [...new Set([...open.flatMap(({ fields }) => fields), ...(differ ? [field] : [])])],
  };
}
