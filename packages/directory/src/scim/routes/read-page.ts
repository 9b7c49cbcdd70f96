import type { Filter } from '../filter/filter.ts';
import { parseFilter } from '../filter/parse-filter.ts';
import { readSelection, type AttributeSelection } from '../resource/select-attributes.ts';
import type { ResourceSchema } from '../schema/attribute.ts';
import { ScimError } from '../errors/scim-error.ts';

/** The maximum number of resources in one answer, as published in ServiceProviderConfig. */
export const maxResults = 500;
const defaultCount = 100;

/** The requested part of a list. `from` is 0 for the first resource. */
export type Page = { filter: Filter | undefined; from: number; count: number; selection: AttributeSelection };

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
