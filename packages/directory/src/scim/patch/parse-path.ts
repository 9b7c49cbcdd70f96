import { ScimError } from '../answer/scim-error.ts';
import type { Filter } from '../filter/filter.ts';
import { parseElementFilter, maxFilterLength } from '../filter/parse-filter.ts';
import { findAttribute, type FoundAttribute, type Attribute, type ResourceSchema } from '../schema/attribute.ts';

/**
 * The target of an operation: an attribute, those of its values that match `filter`, or a sub-attribute. `extension` is
 * the whole extension.
 */
export type PatchPath =
  | {
      extension: string | undefined;
      attribute: Attribute;
      filter: Filter | undefined;
      subAttribute: Attribute | undefined;
    }
  | 'extension';

const bad = (detail: string) => new ScimError(400, detail, 'invalidPath');

/** What an open bracket begins: a filter, in which brackets in strings are ignored, and the bracket that closes it. */
const filterInBrackets = /\[(?:[^"\]]|"(?:[^"\\]|\\[^])*")*\]/y;

function withFilter(schema: ResourceSchema, text: string, open: number): PatchPath {
  filterInBrackets.lastIndex = open;
  const inBrackets = filterInBrackets.exec(text)?.[0];
  const rest = text.slice(open + (inBrackets?.length ?? 0));
  if (inBrackets === undefined || !(rest === '' || rest.startsWith('.')))
    throw bad('The filter in the path is not closed by a bracket, or is followed by unexpected text.');
  const found = find(schema, text.slice(0, open));
  if (found === 'extension' || found.subAttribute || !found.attribute.multiValued)
    throw bad('Only a multi-valued attribute can have a filter in its path.');
  const filter = parseElementFilter(inBrackets.slice(1, -1), found);
  if (rest === '') return { ...found, filter };
  const subAttribute = found.attribute.subAttributes?.find(
    ({ name }) => name.toLowerCase() === rest.slice(1).toLowerCase(),
  );
  if (!subAttribute) throw bad('The path names an unknown sub-attribute.');
  return { ...found, filter, subAttribute };
}

function find(schema: ResourceSchema, text: string): FoundAttribute | 'extension' {
  const found = findAttribute(schema, text);
  if (found === undefined) throw bad(`The schema has no attribute ${JSON.stringify(text.slice(0, 100))}.`);
  return found;
}

/**
 * Parses the path of an operation (RFC 7644 3.5.2), in linear time. Throws a ScimError (invalidPath, invalidFilter).
 */
export function parsePath(schema: ResourceSchema, text: string): PatchPath {
  if (text.length > maxFilterLength) throw bad(`The path is longer than ${maxFilterLength} characters.`);
  const open = text.indexOf('[');
  if (open >= 0) return withFilter(schema, text, open);
  const found = find(schema, text);
  return found === 'extension' ? found : { ...found, filter: undefined };
}
