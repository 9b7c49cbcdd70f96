import { findCriterion } from './find-criterion.ts';

/** True for a criterion, by its name in a policy, that tells people apart. */
export function isOfPerson(label: string): boolean {
  return findCriterion(label).criterion?.ofPerson === true;
}
