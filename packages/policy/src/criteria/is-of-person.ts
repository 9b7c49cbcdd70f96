import { findCriterion } from './find-criterion.ts';

/** Reports whether the criterion with this name in a policy distinguishes users. */
export function isOfPerson(label: string): boolean {
  return findCriterion(label).criterion?.ofPerson === true;
}
