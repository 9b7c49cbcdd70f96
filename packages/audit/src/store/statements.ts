import type { AuditQuery, AuditRecord } from '@sallyport/contracts';
import type { Bounds, OnlyOf } from './audit-store.ts';
import { eventColumns, foldOf, searchable, toRow } from './event-row.ts';
import { takeTurn } from './migrations.ts';
import type { Place } from './place.ts';
import type { Row, Statement } from './sql-database.ts';

const textColumns = [
  'id',
  'type',
  'source',
  'key',
  'audit_id',
  'stage',
  'username',
  'issuer',
  'subject',
  'session',
  'cluster',
  'namespace',
  'resource',
  'subresource',
  'name',
  'verb',
  'effect',
  'data',
];
const columns = [...textColumns, 'time', 'code'];
const rowType = [...textColumns.map((name) => `${name} text`), 'time timestamptz', 'code integer'].join(', ');

/** The one statement that stores what is told of nobody but its maker: each event for itself. */
function insertEach(rows: readonly Row[]): Statement {
  const sql = `insert into audit_events (${columns.join(', ')})
    select ${columns.join(', ')} from json_to_recordset($1::json) as given(${rowType}, position integer) order by position
    on conflict (id) do nothing`;
  return { sql, values: [JSON.stringify(rows)] };
}

/**
 * Stores events of anonymous callers. Those alike become one, which takes the place of the one before, so that it is
 * the newest again for whoever reads on. An event is counted if its id is not known; of ids too old to be known it is
 * certain only that they were counted if they lie within the time of their aggregate. There is no join of one part of
 * the batch with another: nothing is known of how many rows those have, and the database would compare each with each.
 */
function insertCounted(rows: readonly Row[]): Statement {
  const sql = `with given as (
      select distinct on (id) * from json_to_recordset($1::json) as given(${rowType}, position integer, fold text, count bigint, first_time timestamptz) order by id, position
    ), fresh as (
      select * from given
      where not exists (select from audit_counted where audit_counted.id = given.id)
        and not exists (select from audit_events where audit_events.id = given.id)
        and not exists (select from audit_aggregates as known, audit_forgotten as forgotten
          where known.fold = given.fold and given.time <= forgotten.time and given.time between known.first_time and known.last_time)
    ), counted as (
      insert into audit_counted (id, time) select id, time from fresh order by position
    ), ranked as (
      select fresh.*, sum(count) over same as total, min(first_time) over same as since, max(time) over same as until, row_number() over (partition by fold order by position desc) as rank
      from fresh window same as (partition by fold)
    ), newest as materialized (
      select *, nextval(pg_get_serial_sequence('audit_events', 'ingest')) as ingest from (select * from ranked where rank = 1 order by position) as in_order
    ), told as materialized (
      select newest.*, known.ingest as replaced, total + coalesce(known.count, 0) as all_told, least(since, known.first_time) as from_time, greatest(until, known.last_time) as to_time
      from newest left join audit_aggregates as known on known.fold = newest.fold
    ), gone as (
      delete from audit_events where ingest in (select replaced from told)
    ), made as (
      insert into audit_events (${columns.join(', ')}, ingest) overriding system value select ${columns.join(', ')}, ingest from told
    )
    insert into audit_aggregates (fold, ingest, count, first_time, last_time) select fold, ingest, all_told, from_time, to_time from told
    on conflict (fold) do update set ingest = excluded.ingest, count = excluded.count, first_time = excluded.first_time, last_time = excluded.last_time`;
  return { sql, values: [JSON.stringify(rows)] };
}

/**
 * Stores events in the order given. Writers take turns, so that places become visible in their order and nobody who
 * reads on from the latest misses one.
 */
export function insertStatements(records: readonly AuditRecord[]): Statement[] {
  const [each, counted]: [Row[], Row[]] = [[], []];
  for (const [position, record] of records.entries()) {
    const fold = foldOf(record);
    (fold ? counted : each).push({ ...toRow(record), position, ...fold });
  }
  return [
    takeTurn,
    ...(each.length > 0 ? [insertEach(each)] : []),
    ...(counted.length > 0 ? [insertCounted(counted)] : []),
  ];
}

/** Which column a condition of the query compares. */
const filters = {
  auditID: 'audit_id',
  user: 'username',
  issuer: 'issuer',
  subject: 'subject',
  session: 'session',
  cluster: 'cluster',
  namespace: 'namespace',
  resource: 'resource',
  subresource: 'subresource',
  name: 'name',
  verb: 'verb',
  type: 'type',
  stage: 'stage',
  effect: 'effect',
  code: 'code',
} as const satisfies Partial<Record<keyof AuditQuery, string>>;

class Conditions {
  readonly values: unknown[] = [];
  readonly #parts: string[] = [];

  add(expression: string, value: unknown): void {
    this.addFor(value, (parameter) => `${expression} ${parameter}`);
  }

  addFor(value: unknown, expression: (parameter: string) => string): void {
    if (value === undefined) return;
    this.values.push(value);
    this.#parts.push(expression(`$${this.values.length}`));
  }

  get where(): string {
    return this.#parts.length === 0 ? '' : ` where ${this.#parts.join(' and ')}`;
  }
}

/**
 * A page ends with the event that reaches this: events may be long, and a thousand of them must not fill the memory of
 * those who pass them on.
 */
const mostBytes = 8 * 1024 * 1024;

/**
 * One page and one event more, by which it is known whether there is another page; each row says how many were found
 * (`found`), though the page may end before.
 */
export function findStatement(query: AuditQuery, place: Place, only: OnlyOf | undefined): Statement {
  const conditions = new Conditions();
  for (const [name, column] of Object.entries(filters)) {
    const value = query[name as keyof typeof filters];
    // Who somebody is, is compared as it is.
    const isExact = name === 'issuer' || name === 'subject';
    conditions.add(`${column} =`, typeof value === 'string' && !isExact ? searchable(value) : value);
  }
  conditions.add('issuer =', only?.issuer);
  conditions.add('subject =', only?.subject);
  conditions.add('time >=', query.since);
  // An event that stands for many is found by every time that they span; its own is that of the last.
  conditions.addFor(
    query.until,
    (value) =>
      `(time < ${value} or ingest = any (array(select ingest from audit_aggregates where first_time < ${value} and last_time >= ${value})))`,
  );
  conditions.add('ingest >', place.above);
  conditions.add('ingest <', place.below);
  const direction = query.order === 'newest' ? 'desc' : 'asc';
  const some = `select * from audit_events${conditions.where} order by ingest ${direction} limit ${query.limit + 1}`;
  const page = `select *, octet_length(data) as size, sum(octet_length(data)) over (order by ingest ${direction}) as bytes, count(*) over () as found from (${some}) as some_events`;
  const sql = `select ${eventColumns}, found from (${page}) as page left join audit_aggregates using (ingest) where bytes - size < ${mostBytes} order by ingest ${direction}`;
  return { sql, values: conditions.values };
}

/** The newest place; among the caller's own events only, if that is all they may know of. */
export function latestStatement(only: OnlyOf | undefined): Statement {
  const conditions = new Conditions();
  conditions.add('issuer =', only?.issuer);
  conditions.add('subject =', only?.subject);
  return {
    sql: `select coalesce(max(ingest), 0) as latest from audit_events${conditions.where}`,
    values: conditions.values,
  };
}

const anonymous = 'exists (select from audit_aggregates where audit_aggregates.ingest = audit_events.ingest)';

/** Deletes at most `most` events that are out of bounds, the oldest first. Each answers with how many. */
export function trimStatements({ keep, keepAnonymous, before }: Bounds, most: number): Statement[] {
  const remove = (condition: string) =>
    `with gone as (delete from audit_events where ingest in (select ingest from audit_events where ${condition} order by ingest limit ${most}) returning 1) select count(*) as count from gone`;
  const beyond = (which: string) =>
    remove(
      `ingest <= (select ingest from audit_events where ${which} order by ingest desc offset $1 limit 1) and ${which}`,
    );
  return [
    ...(before === undefined ? [] : [{ sql: remove('time < $1'), values: [new Date(before).toISOString()] }]),
    ...(keep === undefined ? [] : [{ sql: beyond(`not ${anonymous}`), values: [keep] }]),
    ...(keepAnonymous === undefined ? [] : [{ sql: beyond(anonymous), values: [keepAnonymous] }]),
  ];
}

/** Forgets all but the latest so many ids of events that were counted together, and remembers until when. */
export function forgetStatement(rememberIds: number): Statement {
  const sql = `with gone as (
      delete from audit_counted where place <= (select place from audit_counted order by place desc offset $1 limit 1) returning time
    )
    insert into audit_forgotten (time) select max(time) from gone having count(*) > 0
    on conflict (single) do update set time = greatest(audit_forgotten.time, excluded.time)`;
  return { sql, values: [rememberIds] };
}
