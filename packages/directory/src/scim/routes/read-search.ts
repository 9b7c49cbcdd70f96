import { ScimError } from '../errors/scim-error.ts';

const searchUrn = 'urn:ietf:params:scim:api:messages:2.0:searchrequest';
const bad = (detail: string) => new ScimError(400, detail, 'invalidSyntax');
const texts = ['filter', 'sortBy', 'sortOrder'];
const numbers = ['startIndex', 'count'];
const lists = ['attributes', 'excludedAttributes'];
/** The same bound as in a query string, although the body of a search may be as large as that of a group. */
const maxLength = 8192;

/** Converts one parameter to the form that it has in a query string. */
function toParameter(name: string, value: unknown): string {
  if (texts.includes(name) && typeof value === 'string') return value;
  if (numbers.includes(name) && Number.isInteger(value)) return String(value);
  if (
    lists.includes(name) &&
    Array.isArray(value) &&
    value.length <= maxLength &&
    value.every((one) => typeof one === 'string')
  )
    return value.join(',');
  throw bad(`${name} has a value of the wrong type.`);
}

/**
 * Converts the body of a search (RFC 7644 3.4.3) to the equivalent query parameters of a list. Names may be in any case.
 * Unknown ones are ignored.
 */
export function readSearch(body: unknown): URLSearchParams {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw bad('The body must be an object.');
  const given = new Map(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value as unknown]));
  const schemas = given.get('schemas');
  if (!Array.isArray(schemas) || !schemas.some((one) => typeof one === 'string' && one.toLowerCase() === searchUrn))
    throw bad('schemas must name urn:ietf:params:scim:api:messages:2.0:SearchRequest.');
  const query = new URLSearchParams();
  for (const name of [...texts, ...numbers, ...lists]) {
    const value = given.get(name.toLowerCase());
    if (value === undefined || value === null) continue;
    const text = toParameter(name, value);
    if (text.length > maxLength)
      throw new ScimError(400, `${name} is longer than ${maxLength} characters.`, 'invalidValue');
    query.set(name, text);
  }
  return query;
}
