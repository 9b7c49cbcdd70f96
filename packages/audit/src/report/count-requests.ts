import type { AuditReport, ReportDimension, ReportQuery } from '@sallyport/contracts';
import type { OnlyOf } from '../store/audit-store.ts';
import { Conditions } from '../store/conditions.ts';
import { searchable } from '../store/event-row.ts';
import type { Row, SqlDatabase, Statement } from '../store/sql-database.ts';

const hourMs = 3_600_000;
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

/** Adds the condition that a person may see what was counted: it is their own, or of a cluster that they may see. */
export function addCountedVisible(conditions: Conditions, { issuer, subject, and }: OnlyOf): void {
  const { clusters = [], withoutCluster = false } = and ?? {};
  conditions.addAll([issuer, subject, clusters], ([ofIssuer, ofSubject, names]) => {
    const more = withoutCluster ? ` or cluster = ''` : '';
    return `((issuer = ${ofIssuer} and subject = ${ofSubject}) or cluster = any (${names}::text[])${more})`;
  });
}

/** Returns the whole hours that a period touches. */
export function hoursOf({ since, until }: Pick<ReportQuery, 'since' | 'until'>): { since?: string; until?: string } {
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
export async function countRequests(
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
