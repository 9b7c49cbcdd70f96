import { fold } from '../../groups/keys.ts';
import type { Attribute, FoundAttribute } from '../schema/attribute.ts';
import { isMap } from '../values/maps.ts';
import type { Comparison, Filter, FilterValue } from './filter.ts';

/** A resource, or a part of one, as clients see it. */
export type Resource = Readonly<Record<string, unknown>>;

const own = (value: unknown, name: string): unknown =>
  isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
const isPresent = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

/** Returns the value of the attribute of a path, whatever its sub-attribute. */
const valueOf = (resource: Resource, { extension, attribute }: FoundAttribute): unknown =>
  own(extension === undefined ? resource : own(resource, extension), attribute.name);

/**
 * Returns the values at a path. For a multi-valued complex attribute without a sub-attribute, these are its `value`s.
 */
function valuesAt(resource: Resource, path: FoundAttribute): unknown[] {
  const { attribute, subAttribute } = path;
  const items = [valueOf(resource, path)].flat();
  const part = subAttribute?.name ?? (attribute.type === 'complex' && attribute.multiValued ? 'value' : undefined);
  return (part === undefined ? items : items.map((item) => own(item, part))).filter(isPresent);
}

/** Returns the attribute whose values are compared. */
function comparedBy({ attribute, subAttribute }: FoundAttribute): Attribute {
  return subAttribute ?? attribute.subAttributes?.find(({ name }) => name === 'value') ?? attribute;
}

const compareTexts: Record<Comparison, (a: string, b: string) => boolean> = {
  eq: (a, b) => a === b,
  // The values are searched for one that is equal.
  ne: (a, b) => a === b,
  co: (a, b) => a.includes(b),
  sw: (a, b) => a.startsWith(b),
  ew: (a, b) => a.endsWith(b),
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
};

function isTrueFor(
  value: unknown,
  { type, caseExact }: Attribute,
  { op, value: wanted, folded }: { op: Comparison; value: FilterValue; folded: FilterValue },
): boolean {
  // Some clients send booleans in quotes.
  if (typeof value === 'boolean') return (op === 'eq' || op === 'ne') && String(value) === String(wanted).toLowerCase();
  if (typeof value !== 'string' || typeof wanted !== 'string') return value === wanted;
  if (type === 'dateTime' && Number.isFinite(Date.parse(wanted)))
    return compareTexts[op](new Date(value).toISOString(), new Date(wanted).toISOString());
  return caseExact ? compareTexts[op](value, wanted) : compareTexts[op](fold(value), String(folded));
}

/** Reports whether a resource matches a filter. Visits each value once per comparison. */
export function matches(filter: Filter, resource: Resource): boolean {
  switch (filter.type) {
    case 'and':
      return filter.terms.every((term) => matches(term, resource));
    case 'or':
      return filter.terms.some((term) => matches(term, resource));
    case 'not':
      return !matches(filter.term, resource);
    case 'present':
      return (
        valuesAt(resource, filter.path).length > 0 ||
        (!filter.path.subAttribute && isPresent(valueOf(resource, filter.path)))
      );
    case 'some':
      return [valueOf(resource, filter.path)].flat().some((item) => isMap(item) && matches(filter.filter, item));
    case 'compare': {
      const { path, op, value } = filter;
      const values = valuesAt(resource, path);
      if (value === null) return (values.length === 0) === (op === 'eq');
      const found = values.some((one) => isTrueFor(one, comparedBy(path), filter));
      return op === 'ne' ? !found : found;
    }
  }
}
