import type { Filter } from './filter.ts';

/** Returns how many comparisons a filter makes with one value. */
export function comparisonsIn(filter: Filter): number {
  if ('terms' in filter) return filter.terms.reduce((sum, term) => sum + comparisonsIn(term), 0);
  if ('term' in filter) return comparisonsIn(filter.term);
  return filter.type === 'some' ? comparisonsIn(filter.filter) : 1;
}
