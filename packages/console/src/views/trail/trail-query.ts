import { auditEventTypes, auditResults } from '@sallyport/contracts/answers';
import { hourMs } from '@sallyport/contracts/text';
import { queryOf } from '../../gateway/ask-gateway.ts';

/** A filter of the trail: its name in the API, what it is called, and the values it can have if they are known. */
export type Filter = { name: string; label: string; options?: readonly string[] };

/** The filters that are always shown. */
export const mainFilters: readonly Filter[] = [
  { name: 'user', label: 'User' },
  { name: 'cluster', label: 'Cluster' },
  { name: 'namespace', label: 'Namespace' },
  { name: 'resource', label: 'Resource' },
  { name: 'verb', label: 'Verb' },
  { name: 'result', label: 'Result', options: auditResults },
];

/** The other ones. */
export const moreFilters: readonly Filter[] = [
  { name: 'name', label: 'Name of the object' },
  { name: 'subresource', label: 'Subresource' },
  { name: 'command', label: 'Text in the command' },
  { name: 'effect', label: 'Decision', options: ['allow', 'deny', 'authenticate'] },
  { name: 'rule', label: 'Rule' },
  { name: 'reason', label: 'Reason' },
  { name: 'code', label: 'HTTP status' },
  { name: 'address', label: 'Client address' },
  { name: 'group', label: 'Group of the user' },
  { name: 'elevation', label: 'Elevation' },
  { name: 'agent', label: 'Agent' },
  { name: 'workload', label: 'Workload' },
  { name: 'session', label: 'Session' },
  { name: 'auditID', label: 'Audit-ID' },
  { name: 'type', label: 'Type of event', options: auditEventTypes },
];

export const allFilters: readonly Filter[] = [...mainFilters, ...moreFilters];

/** The periods that end now. */
export const ranges: Readonly<Record<string, { words: string; ms: number }>> = {
  '1h': { words: 'Last hour', ms: hourMs },
  '6h': { words: 'Last 6 hours', ms: 6 * hourMs },
  '24h': { words: 'Last 24 hours', ms: 24 * hourMs },
  '7d': { words: 'Last 7 days', ms: 7 * 24 * hourMs },
  '30d': { words: 'Last 30 days', ms: 30 * 24 * hourMs },
};
export const usualRange = '24h';

const isTime = (text: string | null): text is string => text !== null && !Number.isNaN(Date.parse(text));

/** What a search asks for. `query` has the filters of the API. */
export type Search = { query: Record<string, string>; isSet: boolean; since: string; until: string };

/** Ids may be given by their first characters. */
function idFilter(name: string, value: string): [string, string] {
  const isPart = (name === 'session' || name === 'auditID') && value.length < 36;
  return [isPart ? `${name}Prefix` : name, value];
}

/** Reads the search in the address. What the address does not say about time is relative to `now`. */
export function readSearch(given: URLSearchParams, now: number): Search {
  const filters = allFilters.flatMap(({ name }) => {
    const value = given.get(name) ?? '';
    return value === '' ? [] : [idFilter(name, value)];
  });
  const [from, to] = [given.get('since'), given.get('until')];
  const until = isTime(to) ? Date.parse(to) : now;
  const range = ranges[given.get('range') ?? usualRange] ?? ranges[usualRange]!;
  const since = isTime(from) ? Date.parse(from) : until - range.ms;
  const shows = {
    ...(given.get('stages') === 'true' ? {} : { view: 'requests' }),
    ...(given.get('all') === 'true' ? {} : { routine: 'omit' }),
  };
  const times = { since: new Date(since).toISOString(), until: new Date(until).toISOString() };
  return { query: { ...Object.fromEntries(filters), ...shows, ...times }, isSet: isTime(from) || isTime(to), ...times };
}

/** Returns the query of one page of events. */
export const pageQuery = ({ query }: Search, order: string, after?: string): string =>
  queryOf({ ...query, order, limit: 100, after });

/** Returns the query of the counts. */
export const summaryQuery = ({ query }: Search): string =>
  queryOf({ ...query, buckets: 60, facets: 'user,cluster,namespace,resource,verb,effect,code' });

/** Returns the address at which the gateway exports what is found. */
export function exportAddress({ query }: Search, format: 'csv' | 'ndjson'): string {
  const { view: _view, ...filters } = query;
  return `/.sallyport/api/v1/audit/export${queryOf({ ...filters, ...(format === 'csv' ? { format } : {}) })}`;
}
