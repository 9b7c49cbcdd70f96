import type { AuditRecord } from '@sallyport/contracts';
import type { Bounds } from './audit-store.ts';
import { aggregateColumns, toRow } from './event-row.ts';
import { lockStatement } from './migrations.ts';
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
  'rule',
  'address',
  'command',
  'data',
];
const columns = [...textColumns, 'reasons', 'time', 'code'];
const rowType = [
  ...textColumns.map((name) => `${name} text`),
  'reasons text[]',
  'time timestamptz',
  'code integer',
].join(', ');

/** Returns the statement that stores events that are not aggregated. */
function insertEach(rows: readonly Row[]): Statement {
  const sql = `insert into audit_events (${columns.join(', ')})
    select ${columns.join(', ')} from json_to_recordset($1::json) as given(${rowType}, position integer) order by position
    on conflict (id) do nothing`;
  return { sql, values: [JSON.stringify(rows)] };
}

/**
 * Returns the statement that stores events of anonymous callers. Equal ones are aggregated into one, which replaces the
 * previous aggregate and becomes the newest event again, so that readers who continue from a cursor see it. An event is
 * counted if its id is not known. Old ids are forgotten: such an event counts as known if it lies within the time of its
 * aggregate. Parts of the batch are not joined with each other, because the planner has no statistics on them and would
 * compare every row with every other.
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
    ), merged as materialized (
      select newest.*, known.ingest as replaced, total + coalesce(known.count, 0) as merged_count, least(since, known.first_time) as from_time, greatest(until, known.last_time) as to_time
      from newest left join audit_aggregates as known on known.fold = newest.fold
    ), gone as (
      delete from audit_events where ingest in (select replaced from merged)
    ), made as (
      insert into audit_events (${columns.join(', ')}, ingest) overriding system value select ${columns.join(', ')}, ingest from merged
    )
    insert into audit_aggregates (fold, ingest, count, first_time, last_time) select fold, ingest, merged_count, from_time, to_time from merged
    on conflict (fold) do update set ingest = excluded.ingest, count = excluded.count, first_time = excluded.first_time, last_time = excluded.last_time`;
  return { sql, values: [JSON.stringify(rows)] };
}

/**
 * Returns the statements that store events in the given order. Writers take a lock, so that events become visible in
 * their order and a reader who continues from the latest one does not miss any.
 */
export function insertStatements(records: readonly AuditRecord[]): Statement[] {
  const [each, counted]: [Row[], Row[]] = [[], []];
  for (const [position, record] of records.entries()) {
    const aggregate = aggregateColumns(record);
    (aggregate ? counted : each).push({ ...toRow(record), position, ...aggregate });
  }
  return [
    lockStatement,
    ...(each.length > 0 ? [insertEach(each)] : []),
    ...(counted.length > 0 ? [insertCounted(counted)] : []),
  ];
}

const anonymous = 'exists (select from audit_aggregates where audit_aggregates.ingest = audit_events.ingest)';

/** Returns statements that delete the oldest events out of bounds, at most `limit` each, and return their number. */
export function trimStatements({ keep, keepAnonymous, before }: Bounds, limit: number): Statement[] {
  const remove = (condition: string) =>
    `with gone as (delete from audit_events where ingest in (select ingest from audit_events where ${condition} order by ingest limit ${limit}) returning 1) select count(*) as count from gone`;
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

/** Returns the statement that deletes all but the latest ids of aggregated events, and records up to when. */
export function forgetStatement(rememberIds: number): Statement {
  const sql = `with gone as (
      delete from audit_counted where place <= (select place from audit_counted order by place desc offset $1 limit 1) returning time
    )
    insert into audit_forgotten (time) select max(time) from gone having count(*) > 0
    on conflict (single) do update set time = greatest(audit_forgotten.time, excluded.time)`;
  return { sql, values: [rememberIds] };
}
