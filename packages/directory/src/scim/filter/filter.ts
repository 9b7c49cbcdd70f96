import type { FoundAttribute } from '../schema/find-attribute.ts';

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
