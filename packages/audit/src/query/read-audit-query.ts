import {
  auditQuerySchema,
  auditSummaryQuerySchema,
  elevationReportQuerySchema,
  reportQuerySchema,
  whatIfQuerySchema,
  type AuditFilters,
  type AuditQuery,
  type AuditSummaryQuery,
  type ElevationReportQuery,
  type ReportQuery,
} from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';
import { ProblemError } from '@sallyport/kit';
import type * as z from 'zod/mini';

const shownLength = 60;

/** Returns a name as the caller wrote it, shortened for the message. */
function shorten(name: string): string {
  return name.length > shownLength ? `${name.slice(0, shownLength)}...` : name;
}

function faultsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${shorten(key)}: unknown parameter`);
  return [`${issue.path.join('.')}: ${issue.message.replace(/^Invalid input: /, '')}`];
}

/** Returns an address as the gateway writes it, so that every spelling of an IPv6 address finds it. */
function canonicalAddress(text: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1];
  if (mapped !== undefined || !text.includes(':')) return mapped ?? text;
  const url = `http://[${text}]`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : text;
}

/** Reads a query with a schema. Throws `bad-request` with all its faults. */
export function readQuery<T>(schema: z.ZodMiniType<T> & { shape: object }, search: URLSearchParams): T {
  const repeated = [...new Set(search.keys())].filter((name) => search.getAll(name).length > 1);
  const parsed = schema.safeParse(Object.fromEntries(search));
  const faults = [
    ...repeated.map((name) => `${shorten(name)}: appears more than once`),
    ...(parsed.success ? [] : parsed.error.issues.flatMap(faultsOf)),
  ];
  // A parameter without a value is more likely a mistake than a search for an empty value.
  for (const name of Object.keys(schema.shape)) if (search.get(name) === '') faults.push(`${name}: is empty`);
  if (faults.length > 0 || !parsed.success)
    throw new ProblemError('bad-request', `Invalid query: ${faults.join('; ')}.`);
  return parsed.data;
}

const withCanonicalAddress = <Query extends AuditFilters>(query: Query): Query =>
  query.address === undefined ? query : { ...query, address: canonicalAddress(query.address) };

/** Reads the query of `POST /v1/events`. Throws `bad-request` with all its faults. */
export const readAuditQuery = (search: URLSearchParams): AuditQuery =>
  withCanonicalAddress(readQuery(auditQuerySchema, search));

/** Returns the period of a query, by default the 24 hours before its end. Throws `bad-request` if it is none. */
function periodOf(query: { since?: string | undefined; until?: string | undefined }, now: number) {
  const until = Date.parse(query.until ?? new Date(now).toISOString());
  const since = query.since === undefined ? until - dayMs : Date.parse(query.since);
  if (since >= until) throw new ProblemError('bad-request', 'Invalid query: since is not before until.');
  return { since: new Date(since).toISOString(), until: new Date(until).toISOString() };
}

/** Reads the query of `POST /v1/summary`, and adds its period. Throws `bad-request` with all its faults. */
export function readSummaryQuery(
  search: URLSearchParams,
  now: number,
): AuditSummaryQuery & { since: string; until: string } {
  const query = withCanonicalAddress(readQuery(auditSummaryQuerySchema, search));
  return { ...query, ...periodOf(query, now) };
}

/** Reads the query of `POST /v1/what-if`, and adds its period. Throws `bad-request` with all its faults. */
export function readWhatIfQuery(
  search: URLSearchParams,
  now: number,
): { cluster: string; since: string; until: string } {
  const query = readQuery(whatIfQuerySchema, search);
  return { ...query, ...periodOf(query, now) };
}

/** Reads the query of `POST /v1/report`. Throws `bad-request` with all its faults. */
export const readReportQuery = (search: URLSearchParams): ReportQuery => readQuery(reportQuerySchema, search);

/** Reads the query of `POST /v1/elevations`. Throws `bad-request` with all its faults. */
export const readElevationReportQuery = (search: URLSearchParams): ElevationReportQuery =>
  readQuery(elevationReportQuerySchema, search);
