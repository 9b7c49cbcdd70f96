import type { AuditRecord } from '@sallyport/contracts';
import { recordBlocks, termsOfBlock } from './event-blocks.ts';
import { eventColumnNames, rowType } from './event-columns.ts';
import { aggregateColumns, toRow } from './event-row.ts';
import { insertEach, type InsertedRow } from './insert-each.ts';
import { lockStatement } from './migrations.ts';
import { partitionOf, type Partition } from './partition.ts';
import type { Row, Statement } from './sql-database.ts';

const columns = eventColumnNames.join(', ');
const givenType = `${rowType}, hashes bigint[], position integer`;

const terms = termsOfBlock('hashes');
const chainPlace = `producer, seq, decode(prev_hash, 'hex'), decode(hash, 'hex')`;

/**
 * Returns the statement that stores events of anonymous callers. Equal ones are aggregated into one, which replaces the
 * previous aggregate and becomes the newest event again, so that readers who continue from a cursor see it. An event is
 * counted if its id is not known. Old ids are forgotten: such an event counts as known if it lies within the time of its
 * aggregate. Every event keeps its place in the chain of its producer. Parts of the batch are not joined with each
 * other, because the planner has no statistics on them and would compare every row with every other. `$2` and `$3` are
 * the hours in which the events and their aggregates are, so that few partitions are read.
 */
function insertCounted(rows: readonly Row[]): Statement {
  const sql = `with given as (
      select distinct on (id) * from json_to_recordset($1::json) as given(${givenType}, fold text, count bigint, first_time timestamptz) order by id, position
    ), fresh as (
      select * from given
      where not exists (select from audit_counted where audit_counted.id = given.id)
        and not exists (select from audit_events where audit_events.id = given.id and audit_events.time = given.time
          and audit_events.time >= $2 and audit_events.time < $3)
        and not exists (select from audit_aggregates as known, audit_forgotten as forgotten
          where known.fold = given.fold and given.time <= forgotten.time and given.time between known.first_time and known.last_time)
    ), counted as (
      insert into audit_counted (id, time) select id, time from fresh order by position
    ), folded as (
      insert into audit_folded (producer, seq, prev_hash, hash, time) select ${chainPlace}, time from fresh where seq is not null
    ), ranked as (
      select fresh.*, sum(count) over same as total, min(first_time) over same as since, max(time) over same as until, row_number() over (partition by fold order by position desc) as rank
      from fresh window same as (partition by fold)
    ), newest as materialized (
      select *, nextval('audit_ingest') as ingest from (select * from ranked where rank = 1 order by position) as in_order
    ), merged as materialized (
      select newest.*, known.ingest as replaced, total + coalesce(known.count, 0) as merged_count, least(since, known.first_time) as from_time, greatest(until, known.last_time) as to_time
      from newest left join audit_aggregates as known on known.fold = newest.fold
    ), gone as (
      delete from audit_events where time >= $2 and time < $3 and ingest = any (array(select replaced from merged))
    ), stored as (
      insert into audit_events (${columns}, ingest, terms) select ${columns}, ingest, ${terms} from merged
    ), aggregated as (
      insert into audit_aggregates (fold, ingest, event_time, count, first_time, last_time) select fold, ingest, time, merged_count, from_time, to_time from merged
      on conflict (fold) do update set ingest = excluded.ingest, event_time = excluded.event_time, count = excluded.count, first_time = excluded.first_time, last_time = excluded.last_time
    ), made as (
      select ingest, time, from_time from merged
    ) ${recordBlocks('made')}`;
  const hours = rows.map((row) => `${String(row.time).slice(0, 13)}:00:00Z`).toSorted();
  const end = new Date(Date.parse(hours.at(-1)!) + 3_600_000).toISOString();
  return { sql, values: [JSON.stringify(rows), hours[0], end] };
}

const opening = `select count(audit_open_part(parent, name, from_time, to_time)) from json_to_recordset($1::json)
  as given(parent text, name text, from_time timestamptz, to_time timestamptz)`;

/** Returns the statement that creates the partitions which do not exist yet. The caller has the lock of the writers. */
export function openStatement(
  partitions: readonly Partition[],
  parents: readonly string[] = ['audit_events'],
): Statement {
  const given = parents.flatMap((parent) =>
    partitions.map(({ name, from, to }) => ({ parent, name, from_time: from, to_time: to })),
  );
  return { sql: opening, values: [JSON.stringify(given)] };
}

/** Returns the partitions of the times of some rows. */
export function partitionsOf(rows: readonly Row[]): Partition[] {
  const days = new Set(rows.map((row) => String(row.time).slice(0, 'YYYY-MM-DD'.length)));
  const found = new Map([...days].map(partitionOf).map((one) => [one.name, one]));
  return [...found.values()];
}

/**
 * Returns the statements that store events in the given order. Writers take a lock, so that events become visible in
 * their order and a reader who continues from the latest one does not miss any. `block` is where they are expected to be.
 */
export function insertStatements(records: readonly AuditRecord[], block: number): Statement[] {
  const [each, counted]: [InsertedRow[], Row[]] = [[], []];
  for (const [position, record] of records.entries()) {
    const aggregate = aggregateColumns(record);
    if (aggregate) counted.push({ ...toRow(record), position, ...aggregate });
    else each.push(toRow(record));
  }
  const folded = partitionsOf(counted.filter((row) => row.seq !== null));
  return [
    lockStatement,
    openStatement(partitionsOf([...each, ...counted])),
    ...(folded.length > 0 ? [openStatement(folded, ['audit_folded'])] : []),
    ...(each.length > 0 ? [insertEach(each, block)] : []),
    ...(counted.length > 0 ? [insertCounted(counted)] : []),
  ];
}

/** An event that has a position already, and the time of the first event that it represents. */
export type MovedEvent = { record: AuditRecord; ingest: number; firstTime?: string };

/** Returns the statements that store events at the positions that they have. */
export function moveStatements(events: readonly MovedEvent[]): Statement[] {
  const rows = events.map(({ record, ingest, firstTime }) => ({
    ...toRow(record),
    ...(aggregateColumns(record) ? { producer: null, seq: null, prev_hash: null, hash: null } : {}),
    ingested: ingest,
    from_time: firstTime ?? null,
  }));
  return [openStatement(partitionsOf(rows)), insertEach(rows, 0)];
}
