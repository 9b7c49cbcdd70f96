import {
  elevationEventTypes,
  type AuditRecord,
  type AuditReport,
  type AuditSummary,
  type ReportDimension,
  type ReportQuery,
} from '@sallyport/contracts';
import { hourMs } from '@sallyport/contracts/text';
import { Conditions } from '../database/conditions.ts';
import type { Row, SqlDatabase, Statement } from '../database/sql-database.ts';
import { termBits } from '../events/event-blocks.ts';
import { eventColumns, fromRow, searchable } from '../events/event-row.ts';
import type { OnlyOf } from '../events/event-store.ts';
import { readAgain } from '../events/find-page.ts';
import { termOf } from '../events/event-terms.ts';
import type { StoreDatabase } from '../events/store-database.ts';
import { addCountedVisible } from './counted-visible.ts';
import { summarizeEvents, type SummaryQuery } from './summarize-events.ts';

/** A report over years may read millions of counts. */
const timeoutMs = 30_000;

const columns: Record<ReportDimension, string> = {
  user: 'username',
  cluster: 'cluster',
  resource: 'resource',
  verb: 'verb',
  day: `to_char(hour at time zone 'UTC', 'YYYY-MM-DD')`,
};

const time = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Returns the whole hours that a period touches. */
function hoursOf({ since, until }: Pick<ReportQuery, 'since' | 'until'>): { since?: string; until?: string } {
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    ...(since === undefined ? {} : { since: iso(Math.floor(Date.parse(since) / hourMs) * hourMs) }),
    ...(until === undefined ? {} : { until: iso(Math.ceil(Date.parse(until) / hourMs) * hourMs) }),
  };
}

function statementOf(query: ReportQuery, only: OnlyOf | undefined): Statement {
  const conditions = new Conditions();
  const { since, until } = hoursOf(query);
  conditions.add('hour >=', since);
  conditions.add('hour <', until);
  for (const name of ['user', 'cluster', 'resource', 'verb'] as const) {
    const value = query[name];
    conditions.add(`${columns[name]} =`, value === undefined ? undefined : searchable(value));
  }
  if (only) addCountedVisible(conditions, only);
  const names = query.by.map((name) => `${columns[name]} as "${name}"`);
  const order = query.by.map((name) => `"${name}"`).join(', ');
  const grouped = `select ${names.join(', ')}, sum(requests) as requests, sum(refused) as refused, sum(failed) as failed,
    min(first_time) as first_time, max(last_time) as last_time from audit_counts${conditions.where}
    group by ${query.by.map((_name, index) => index + 1).join(', ')}`;
  return {
    sql: `select ${order}, requests::text, refused::text, failed::text, ${time('first_time')} as first, ${time('last_time')} as last,
      count(*) over () ::text as groups, sum(requests) over () ::text as all_requests,
      sum(refused) over () ::text as all_refused, sum(failed) over () ::text as all_failed
      from (${grouped}) as grouped order by grouped.requests desc, ${order} limit ${query.limit}`,
    values: conditions.values,
    timeoutMs: timeoutMs + 1000,
  };
}

const countsOf = (row: Row | undefined, prefix = '') => ({
  requests: Number(row?.[`${prefix}requests`] ?? 0),
  refused: Number(row?.[`${prefix}refused`] ?? 0),
  failed: Number(row?.[`${prefix}failed`] ?? 0),
});

/** Counts the requests to clusters of a period, among those that a person may see. */
async function countRequests(
  database: SqlDatabase,
  query: ReportQuery,
  only: OnlyOf | undefined,
): Promise<AuditReport> {
  const [, rows = []] = await database.transaction([
    // The groups of a large report do not fit into the default.
    { sql: `set local statement_timeout = ${timeoutMs}; set local work_mem = '64MB'` },
    statementOf(query, only),
  ]);
  return {
    by: query.by,
    ...hoursOf(query),
    rows: rows.map((row) => ({
      ...Object.fromEntries(query.by.map((name) => [name, String(row[name])])),
      ...countsOf(row),
      first: String(row.first),
      last: String(row.last),
    })),
    groups: Number(rows[0]?.groups ?? 0),
    ...countsOf(rows[0], 'all_'),
  };
}

/** What was done under an elevation, on which cluster, and by whom. */
export type ElevationUse = {
  elevation: string;
  user: string;
  cluster: string;
  verb: string;
  resource: string;
  requests: number;
  refused: number;
  failed: number;
  streams: number;
};

/** A period, and whose uses of elevations to find there, on which cluster. Times are in RFC 3339. */
export type UsesQuery = { since: string; until: string; user?: string | undefined; cluster?: string | undefined };

/** More than elevations and kinds of requests are in any period that people read about. */
const mostUses = 50_000;

/** Finds what was done under elevations in the whole hours of a period, among what a person may see. */
async function findUses(database: SqlDatabase, query: UsesQuery, only: OnlyOf | undefined): Promise<ElevationUse[]> {
  const conditions = new Conditions();
  const { since, until } = hoursOf(query);
  conditions.add('hour >=', since);
  conditions.add('hour <', until);
  conditions.add('username =', query.user === undefined ? undefined : searchable(query.user));
  conditions.add('cluster =', query.cluster === undefined ? undefined : searchable(query.cluster));
  if (only) addCountedVisible(conditions, only);
  const [, rows = []] = await database.transaction([
    { sql: `set local statement_timeout = ${timeoutMs}` },
    {
      sql: `select elevation, username, cluster, verb, resource, sum(requests)::text as requests,
        sum(refused)::text as refused, sum(failed)::text as failed, sum(streams)::text as streams
        from audit_elevation_uses${conditions.where} group by 1, 2, 3, 4, 5
        order by sum(audit_elevation_uses.requests) desc, 1, 4, 5 limit ${mostUses}`,
      values: conditions.values,
      timeoutMs: timeoutMs + 1000,
    },
  ]);
  return rows.map((row) => ({
    elevation: String(row.elevation),
    user: String(row.username),
    cluster: String(row.cluster),
    verb: String(row.verb),
    resource: String(row.resource),
    requests: Number(row.requests),
    refused: Number(row.refused),
    failed: Number(row.failed),
    streams: Number(row.streams),
  }));
}

/** More steps than people take in any period that is reported. */
const mostSteps = 20_000;

/** Finds the steps of some elevations in a period, by the terms of their types. */
async function findElevationSteps(
  database: SqlDatabase,
  ids: readonly string[],
  { since, until }: { since: string; until: string },
): Promise<AuditRecord[]> {
  const rows = await database.query({
    sql: `select ${eventColumns} from (
        select ingest, id, type, source, key, data, time from audit_events
        where time >= $1 and time < $2 and type = any ($3::text[]) and elevation && $4::text[]
          and terms && array(select (block << ${termBits}) | term from unnest($5::bigint[]) as term,
            (select distinct block from audit_blocks where to_time >= $1 and from_time < $2) as blocks)
        order by ingest limit ${mostSteps}
      ) as page left join audit_aggregates using (ingest) order by ingest`,
    values: [
      since,
      until,
      elevationEventTypes,
      ids.map(searchable),
      elevationEventTypes.map((type) => termOf('type', type)),
    ],
    timeoutMs,
  });
  const asked = new Set(ids);
  return rows.map(fromRow).filter(({ data }) => asked.has(data.sallyport.elevation?.id ?? ''));
}

/** What is counted of the events. Other than summaries, reports read what was counted as they were stored. */
export interface ReportStore {
  /** Counts events by time, and by what they are about. */
  summary(query: SummaryQuery, only?: OnlyOf): Promise<AuditSummary>;
  /** Counts the requests to clusters of a period, without those of anonymous callers. */
  report(query: ReportQuery, only?: OnlyOf): Promise<AuditReport>;
  /** Finds what was done under elevations in a period. */
  elevationUses(query: UsesQuery, only?: OnlyOf): Promise<ElevationUse[]>;
  /** Finds the steps of elevations in a period, whoever took them. Times are in RFC 3339. */
  elevationSteps(ids: readonly string[], period: { since: string; until: string }): Promise<AuditRecord[]>;
}

export function createReportStore(database: StoreDatabase): ReportStore {
  return {
    summary: (query, only) => database.using(() => readAgain(() => summarizeEvents({ database }, query, only))),
    report: (query, only) => database.using(() => countRequests(database, query, only)),
    elevationUses: (query, only) => database.using(() => findUses(database, query, only)),
    elevationSteps: (ids, period) => database.using(() => findElevationSteps(database, ids, period)),
  };
}
