import { fold } from '../../groups/keys.ts';
import type { Attribute, FoundAttribute } from '../schema/attribute.ts';
import type { Comparison, Filter, FilterValue } from './filter.ts';

/** A resource, or a part of one, as clients see it. */
export type Resource = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (value: unknown, name: string): unknown =>
  isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
const isPresent = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

/**
 * Returns the values at a path. For a multi-valued complex attribute without a sub-attribute, these are its `value`s.
 */
function valuesAt(resource: Resource, { extension, attribute, subAttribute }: FoundAttribute): unknown[] {
  const holder = extension === undefined ? resource : own(resource, extension);
  const items = [own(holder, attribute.name)].flat();
  const part = subAttribute?.name ?? (attribute.type === 'complex' && attribute.multiValued ? 'value' : undefined);
  return (part === undefined ? items : items.map((item) => own(item, part))).filter(isPresent);
}

/** Returns the attribute whose values are compared. */
function comparedBy({ attribute, subAttribute }: FoundAttribute): Attribute {
  return subAttribute ?? attribute.subAttributes?.find(({ name }) => name === 'value') ?? attribute;
}

function compareOrder(a: string, b: string, op: Comparison): boolean {
  if (op === 'gt') return a > b;
  if (op === 'ge') return a >= b;
  if (op === 'lt') return a < b;
  return a <= b;
}

function compareTexts(a: string, b: string, op: Comparison): boolean {
  if (op === 'eq' || op === 'ne') return a === b;
  if (op === 'co') return a.includes(b);
  if (op === 'sw') return a.startsWith(b);
  if (op === 'ew') return a.endsWith(b);
  return compareOrder(a, b, op);
}

function isTrueFor(
  value: unknown,
  { type, caseExact }: Attribute,
  { op, value: wanted, folded }: { op: Comparison; value: FilterValue; folded: FilterValue },
): boolean {
  // Some clients send booleans in quotes.
  if (typeof value === 'boolean') return (op === 'eq' || op === 'ne') && String(value) === String(wanted).toLowerCase();
  if (typeof value !== 'string' || typeof wanted !== 'string') return value === wanted;
  if (type === 'dateTime' && Number.isFinite(Date.parse(wanted)))
    return compareTexts(new Date(value).toISOString(), new Date(wanted).toISOString(), op);
  return caseExact ? compareTexts(value, wanted, op) : compareTexts(fold(value), String(folded), op);
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
        isPresent(
          own(
            filter.path.extension === undefined ? resource : own(resource, filter.path.extension),
            filter.path.subAttribute ? '' : filter.path.attribute.name,
          ),
        )
      );
    case 'some':
      return [
        own(
          filter.path.extension === undefined ? resource : own(resource, filter.path.extension),
          filter.path.attribute.name,
        ),
      ]
        .flat()
        .some((item) => isMap(item) && matches(filter.filter, item));
    case 'compare': {
      const { path, op, value } = filter;
      const values = valuesAt(resource, path);
      if (value === null) return (values.length === 0) === (op === 'eq');
      const found = values.some((one) => isTrueFor(one, comparedBy(path), filter));
      return op === 'ne' ? !found : found;
    }
  }
}
