import type { FoundAttribute } from '../schema/attribute.ts';

export const comparisons = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
export type Comparison = (typeof comparisons)[number];
export type FilterValue = string | number | boolean | null;

/** A parsed filter (RFC 7644 3.4.2.2), with its paths resolved against a schema. */
export type Filter =
  | { type: 'and' | 'or'; terms: Filter[] }
  | { type: 'not'; term: Filter }
  /** `folded` is the value as it is compared if case does not matter. */
  | { type: 'compare'; path: FoundAttribute; op: Comparison; value: FilterValue; folded: FilterValue }
  | { type: 'present'; path: FoundAttribute }
  /** True if any value of a multi-valued attribute matches. The inner paths name sub-attributes. */
  | { type: 'some'; path: FoundAttribute; filter: Filter };

/** Returns how many comparisons a filter makes with one value. */
export function comparisonsIn(filter: Filter): number {
  if ('terms' in filter) return filter.terms.reduce((sum, term) => sum + comparisonsIn(term), 0);
  if ('term' in filter) return comparisonsIn(filter.term);
  return filter.type === 'some' ? comparisonsIn(filter.filter) : 1;
}

/** A value that an attribute of every matching resource has, because of `eq` alone or joined by `and`. */
export type RequiredValue = { attribute: string; subAttribute: string | undefined; value: string };

/** Returns the values that a filter requires. Resources can be found by them in an index. */
export function requiredValues(filter: Filter): RequiredValue[] {
  if (filter.type === 'and') return filter.terms.flatMap(requiredValues);
  if (filter.type === 'some')
    return requiredValues(filter.filter).map(({ attribute, value }) => ({
      attribute: filter.path.attribute.name,
      subAttribute: attribute,
      value,
    }));
  if (
    filter.type !== 'compare' ||
    filter.op !== 'eq' ||
    typeof filter.value !== 'string' ||
    filter.path.extension !== undefined
  )
    return [];
  return [{ attribute: filter.path.attribute.name, subAttribute: filter.path.subAttribute?.name, value: filter.value }];
}

/** Reports whether the filter uses the attribute anywhere. */
export function mentions(filter: Filter, attribute: string): boolean {
  if ('terms' in filter) return filter.terms.some((term) => mentions(term, attribute));
  if ('term' in filter) return mentions(filter.term, attribute);
  return filter.path.attribute.name === attribute;
}
