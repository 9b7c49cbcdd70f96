import type { Filter } from './filter.ts';

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
