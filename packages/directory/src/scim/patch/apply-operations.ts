import { ScimError } from '../answer/scim-error.ts';
import { comparisonsIn, type Filter } from '../filter/filter.ts';
import { matches } from '../filter/matches.ts';
import { type Document, checkDocument } from '../resource/document.ts';
import { checkLength, readValue } from '../resource/read-resource.ts';
import { isIgnored, type Attribute, type ResourceSchema } from '../schema/attribute.ts';
import { isMap } from '../values/maps.ts';
import { parsePath, type PatchPath } from './parse-path.ts';
import type { PatchWork, Operation } from './read-operations.ts';

/** What comparing a value of a document costs, in comparisons of short texts. */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return 1 + (value.length >>> 6);
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, part) => sum + weightOf(part), 1);
}

type Element = Record<string, unknown>;
type Target = Exclude<PatchPath, 'extension'>;
const put = (holder: Element, name: string, value: unknown): Element => {
  const { [name]: _before, ...rest } = holder;
  return value === undefined ||
    (Array.isArray(value) && value.length === 0) ||
    (isMap(value) && Object.keys(value).length === 0)
    ? rest
    : { ...rest, [name]: value };
};

/** Reports whether two values are the same: equal `value` and `type`, or equal in full if there is no `value`. */
function sameElement(a: unknown, b: unknown): boolean {
  if (isMap(a) && isMap(b) && a['value'] !== undefined)
    return a['value'] === b['value'] && (a['type'] === b['type'] || b['type'] === undefined);
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Accounts for comparing each element of one list with each of another. */
function spendOnPairs(work: PatchWork, some: readonly unknown[], others: readonly unknown[]): void {
  work.spend(some.length * weightOf(others) + others.length * weightOf(some));
}

function addElements(before: unknown, added: unknown, work: PatchWork): unknown[] {
  const list = [before ?? []].flat() as unknown[];
  const more = [added].flat();
  // New elements are compared with each other too.
  spendOnPairs(work, [...list, ...more], more);
  for (const element of more) {
    const at = list.findIndex((one) => sameElement(one, element));
    if (at < 0) list.push(element);
    else if (isMap(element)) list[at] = { ...(list[at] as Element), ...element };
  }
  return list;
}

/**
 * Returns the sub-attributes that a new value needs to match an `eq` filter. Entra expects that a value it selects is
 * created if it does not exist.
 */
function newElementFor(filter: Filter): Element | undefined {
  const terms = filter.type === 'and' ? filter.terms : [filter];
  const pairs = terms.map((term) =>
    term.type === 'compare' && term.op === 'eq' && term.value !== null
      ? ([term.path.attribute.name, term.value] as const)
      : undefined,
  );
  return pairs.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : undefined;
}

/** Clears `primary` on all values except the ones changed last, if those set it. */
function keepOnePrimary(list: unknown[], last: readonly unknown[]): unknown[] {
  if (!last.some((element) => isMap(element) && element['primary'] === true)) return list;
  return list.map((element) =>
    isMap(element) && element['primary'] === true && !last.includes(element) ? { ...element, primary: false } : element,
  );
}

function changeMatching(
  target: Target & { filter: Filter },
  before: unknown,
  { op, value }: Operation,
  work: PatchWork,
): unknown {
  const { attribute, filter, subAttribute } = target;
  const list = [before ?? []].flat() as Element[];
  work.spend(comparisonsIn(filter) * weightOf(list));
  const isMatch = (element: Element) => matches(filter, element);
  if (op === 'remove')
    return subAttribute
      ? list.map((element) => (isMatch(element) ? put(element, subAttribute.name, undefined) : element))
      : list.filter((element) => !isMatch(element));
  const read = subAttribute
    ? { [subAttribute.name]: readValue(subAttribute, value) }
    : (readValue(
        { ...attribute, multiValued: undefined } as unknown as Attribute,
        Array.isArray(value) ? value[0] : value,
      ) as Element | undefined);
  if (read === undefined) throw new ScimError(400, `The value for ${attribute.name} is missing.`, 'invalidValue');
  const changed: Element[] = [];
  const note = (element: Element) => (changed.push(element), element);
  const next = list.map((element) =>
    isMatch(element) ? note(op === 'replace' && !subAttribute ? read : { ...element, ...read }) : element,
  );
  if (changed.length === 0) {
    const made = newElementFor(filter);
    if (!made) throw new ScimError(400, `No value of ${attribute.name} matches the filter in the path.`, 'noTarget');
    next.push(note({ ...made, ...read }));
  }
  return keepOnePrimary(next, changed);
}

function removeValue({ attribute, subAttribute }: Target, before: unknown, value: unknown, work: PatchWork): unknown {
  if (subAttribute)
    return Array.isArray(before)
      ? (before as Element[]).map((element) => put(element, subAttribute.name, undefined))
      : isMap(before)
        ? put(before, subAttribute.name, undefined)
        : before;
  // Entra lists the values to remove in the operation's value.
  if (!attribute.multiValued || value === undefined || value === null) return undefined;
  const gone = [readValue(attribute, value) ?? []].flat();
  const list = [before ?? []].flat();
  spendOnPairs(work, list, gone);
  return list.filter((element) => !gone.some((one) => sameElement(one, element)));
}

function changeValue(target: Target, before: unknown, { op, value }: Operation, work: PatchWork): unknown {
  const { attribute, subAttribute } = target;
  if (op === 'remove') return removeValue(target, before, value, work);
  if (subAttribute) {
    const read = readValue(subAttribute, value);
    return attribute.multiValued
      ? [before ?? []].flat().map((element) => put(element as Element, subAttribute.name, read))
      : put(isMap(before) ? before : {}, subAttribute.name, read);
  }
  const read = readValue(attribute, value);
  if (attribute.multiValued && op === 'add') {
    const added = [read ?? []].flat();
    const next = addElements(before, added, work);
    return keepOnePrimary(
      next,
      next.filter((element) => added.some((one) => sameElement(one, element) && isMap(one) && one['primary'] === true)),
    );
  }
  // Sub-attributes that are not named keep their values (RFC 7644 3.5.2.3).
  return attribute.type === 'complex' && !attribute.multiValued && isMap(before) && isMap(read)
    ? { ...before, ...read }
    : read;
}

function changeExtension(schema: ResourceSchema, document: Document, operation: Operation, work: PatchWork): Document {
  const { urn } = schema.extension!;
  if (operation.op === 'remove') return put(document, urn, undefined);
  if (!isMap(operation.value)) throw new ScimError(400, `${urn} must be an object.`, 'invalidValue');
  // Clients that send a whole extension include `schemas`, as in a resource.
  const given = Object.entries(operation.value).filter(([name]) => name.toLowerCase() !== 'schemas');
  return given.reduce<Document>(
    (next, [name, value]) => applyOperation(schema, next, { ...operation, path: `${urn}:${name}`, value }, work),
    document,
  );
}

/**
 * Returns a copy of a document with one PATCH operation applied. Throws a ScimError.
 */
export function applyOperation(
  schema: ResourceSchema,
  document: Document,
  operation: Operation & { path: string },
  work: PatchWork,
): Document {
  if (isIgnored(schema, operation.path)) return document;
  const target = parsePath(schema, operation.path);
  if (target === 'extension') return changeExtension(schema, document, operation, work);
  const { extension, attribute, filter } = target;
  if (attribute.mutability === 'readOnly') throw new ScimError(400, `${attribute.name} is read-only.`, 'mutability');
  const holder = (extension === undefined ? document : (document[extension] ?? {})) as Element;
  const before = Object.hasOwn(holder, attribute.name) ? holder[attribute.name] : undefined;
  const after = filter
    ? changeMatching({ ...target, filter }, before, operation, work)
    : changeValue(target, before, operation, work);
  if (Array.isArray(after)) checkLength(attribute.name, after);
  const next = put(holder, attribute.name, after);
  return extension === undefined ? next : put(document, extension, next);
}

/** Returns a copy of a document with the operations of a PATCH applied in order. Throws a ScimError. */
export async function applyOperations(
  schema: ResourceSchema,
  document: Document,
  operations: readonly (Operation & { path: string })[],
  work: PatchWork,
): Promise<Document> {
  let next = document;
  for (const operation of operations) {
    await work.turn();
    next = applyOperation(schema, next, operation, work);
  }
  return checkDocument(schema, next);
}
