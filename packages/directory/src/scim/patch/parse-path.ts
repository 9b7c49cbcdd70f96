import type { Filter } from '../filter/filter.ts';
import { parseElementFilter } from '../filter/parse-filter.ts';
import { maxFilterLength } from '../filter/tokenize.ts';
import { findAttribute, type FoundAttribute } from '../schema/find-attribute.ts';
import type { Attribute, ResourceSchema } from '../schema/attribute.ts';
import { ScimError } from '../errors/scim-error.ts';

/**
 * Where an operation of a PATCH changes something: an attribute, the elements of a list for which `filter` holds, a
 * part. `extension` alone: all of it.
 */
export type PatchPath =
  | { extension: string | undefined; attribute: Attribute; filter: Filter | undefined; sub: Attribute | undefined }
  | 'extension';

const bad = (detail: string) => new ScimError(400, detail, 'invalidPath');

/** The place of the bracket that ends a filter; brackets in strings do not count. */
function endOfFilter(text: string, from: number): number {
  let inString = false;
  for (let at = from; at < text.length; at += 1) {
    if (inString && text[at] === '\\') at += 1;
    else if (text[at] === '"') inString = !inString;
    else if (text[at] === ']' && !inString) return at;
  }
  return -1;
}

function withFilter(schema: ResourceSchema, text: string, open: number): PatchPath {
  const close = endOfFilter(text, open + 1);
  const rest = text.slice(close + 1);
  if (close < 0 || !(rest === '' || rest.startsWith('.')))
    throw bad('The filter in the path does not end as it should.');
  const found = find(schema, text.slice(0, open));
  if (found === 'extension' || found.sub || !found.attribute.multiValued)
    throw bad('Only the elements of a list can be chosen by a filter.');
  const filter = parseElementFilter(text.slice(open + 1, close), found);
  if (rest === '') return { ...found, filter };
  const sub = found.attribute.sub?.find(({ name }) => name.toLowerCase() === rest.slice(1).toLowerCase());
  if (!sub) throw bad('The path names no part of that attribute.');
  return { ...found, filter, sub };
}

function find(schema: ResourceSchema, text: string): FoundAttribute | 'extension' {
  const found = findAttribute(schema, text);
  if (found === undefined) throw bad(`There is no attribute ${JSON.stringify(text.slice(0, 100))}.`);
  return found;
}

/**
 * Reads the path of an operation (RFC 7644 3.5.2). Each character is looked at a fixed number of times. Throws a
 * ScimFault (invalidPath, invalidFilter).
 */
export function parsePath(schema: ResourceSchema, text: string): PatchPath {
  if (text.length > maxFilterLength) throw bad(`The path is longer than ${maxFilterLength} characters.`);
  const open = text.indexOf('[');
  if (open >= 0) return withFilter(schema, text, open);
  const found = find(schema, text);
  return found === 'extension' ? found : { ...found, filter: undefined };
}
