import express, { type RequestHandler } from 'express';
import { ScimError } from '../answer/scim-error.ts';
import type { Filter } from '../filter/filter.ts';
import { parseFilter } from '../filter/parse-filter.ts';
import { readSelection, type AttributeSelection } from '../resource/select-attributes.ts';
import type { ResourceSchema } from '../schema/attribute.ts';
import { isMap, namesSchema } from '../values/maps.ts';

/** Large enough for a group with ten thousand members. */
const maxScimBody = 4 * 1024 * 1024;

const types = ['application/scim+json', 'application/json'];

/** Creates the handlers that read a JSON body of the SCIM or plain JSON media type (RFC 7644 3.1). */
export function scimBody(): RequestHandler[] {
  return [
    (request, _response, next) => {
      if (!request.is(types)) throw new ScimError(415, `The content type must be ${types.join(' or ')}.`);
      next();
    },
    express.json({ limit: maxScimBody, type: types, strict: true }),
  ];
}

const searchUrn = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
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
  if (!isMap(body)) throw bad('The body must be an object.');
  const given = new Map(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value]));
  if (!namesSchema(given.get('schemas'), searchUrn)) throw bad(`schemas must name ${searchUrn}.`);
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

export const listUrn = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** The maximum number of resources in one answer, as published in ServiceProviderConfig. */
export const maxResults = 500;
const defaultCount = 100;

/** The requested part of a list. `from` is 0 for the first resource. */
type Page = { filter: Filter | undefined; from: number; count: number; selection: AttributeSelection };

function readNumber(query: URLSearchParams, name: string, preset: number): number {
  const text = query.get(name);
  if (text === null || text === '') return preset;
  if (!/^-?\d{1,9}$/.test(text)) throw new ScimError(400, `${name} must be a whole number.`, 'invalidValue');
  return Number(text);
}

/** Returns the query parameters of a request. */
export function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
}

/**
 * Reads paging, filter and attributes (RFC 7644 3.4.2). `sortBy` is ignored, because sorting is not supported.
 */
export function readPage(schema: ResourceSchema, query: URLSearchParams): Page {
  const filter = query.get('filter');
  return {
    filter: filter === null || filter.trim() === '' ? undefined : parseFilter(filter, schema),
    from: Math.max(1, readNumber(query, 'startIndex', 1)) - 1,
    count: Math.min(maxResults, Math.max(0, readNumber(query, 'count', defaultCount))),
    selection: readSelection(schema, query),
  };
}
