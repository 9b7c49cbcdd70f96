import type { Criterion } from '../language/criterion.ts';
import { criteria } from './index.ts';

const byName = new Map(criteria.map((criterion) => [criterion.name, criterion]));

/** The names of all criteria. */
export const criterionNames: readonly string[] = [...byName.keys()];

/** Splits `name/subpath` at the first slash, unless the whole key is a name, as with the Kubernetes criteria. */
export function findCriterion(key: string): { readonly criterion: Criterion | undefined; readonly subpath: string } {
  const whole = byName.get(key);
  if (whole) return { criterion: whole, subpath: '' };
  const slash = key.indexOf('/');
  if (slash < 0) return { criterion: undefined, subpath: '' };
  return { criterion: byName.get(key.slice(0, slash)), subpath: key.slice(slash + 1) };
}

/** Reports whether the criterion with this name in a policy distinguishes users. */
export function isOfPerson(label: string): boolean {
  return findCriterion(label).criterion?.ofPerson === true;
}
