import type { FoundAttribute } from '../schema/find-attribute.ts';

export const comparisons = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
export type Comparison = (typeof comparisons)[number];
export type FilterValue = string | number | boolean | null;

/** A filter (RFC 7644 3.4.2.2), read and resolved against a schema. */
export type Filter =
  | { type: 'and' | 'or'; terms: Filter[] }
  | { type: 'not'; term: Filter }
  | { type: 'compare'; path: FoundAttribute; op: Comparison; value: FilterValue }
  | { type: 'present'; path: FoundAttribute }
  /** Some element of a list for which the filter holds; paths in it name parts of the element. */
  | { type: 'some'; path: FoundAttribute; filter: Filter };
