import type { AuditRecord } from '@sallyport/contracts';
import { ListValue } from '../database/list-value.ts';
import type { Row, Statement } from '../database/sql-database.ts';
import { countUses, countedColumns, countEnds } from '../schema/count-tables.ts';
import { lockStatement } from '../schema/migrations.ts';
import { recordBlocks, termsOfBlock, combineWithBlock, termsOfExpected } from './event-blocks.ts';
import {
  eventColumnNames,
  rowType,
  aggregateColumns,
  toRow,
  givenTypes,
  placeColumnNames,
  type EventRow,
} from './event-row.ts';
import { openStatement, partitionsOf } from './partitions.ts';
import { recordingStatements } from './store-recordings.ts';

/** A row, and what an event of an earlier version has in addition: its position, and when it first happened. */
type InsertedRow = EventRow & { ingested?: number; from_time?: string | null };

const given = [...eventColumnNames, ...placeColumnNames];
const toBytes = (column: string) => `decode(${column}, 'hex')`;
/** Events come as one list of texts for each column, which is cheaper to read than JSON. */
const typed = given.map((name) => (givenTypes[name] === 'text' ? name : `${name}::${givenTypes[name]} as ${name}`));

const literal = (items: readonly unknown[]) =>
  `{${items.map((item) => `"${String(item).replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;

function toText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (value === null) return null;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return literal(value);
  throw new TypeError(`a column cannot be ${typeof value}`);
}

/** Collects the values of a statement, and returns the parameter of each. */
class Parameters {
  readonly values: ListValue[] = [];

  texts(items: readonly (string | null)[]): string {
    return `$${this.values.push(ListValue.texts(items))}::text[]`;
  }

  integers(items: readonly (number | null)[]): string {
    return `$${this.values.push(ListValue.integers(items))}::bigint[]`;
  }
}

/** Adds the terms of all rows, in a block, as one list. Returns it, and where those of each row begin and end. */
function addTerms(
  parameters: Parameters,
  rows: readonly InsertedRow[],
  block: number,
): { all: string; first: string; last: string } {
  const all: number[] = [];
  const first: number[] = [];
  const last: number[] = [];
  for (const { hashes } of rows) {
    first.push(all.length + 1);
    for (const term of hashes as number[]) all.push(combineWithBlock(block, term));
    last.push(all.length);
  }
  return {
    all: parameters.integers(all),
    first: parameters.integers(first),
    last: parameters.integers(last),
  };
}

/** Returns when the first event that a row represents happened: its own time, or that of an earlier version. */
function fromTimes(parameters: Parameters, rows: readonly InsertedRow[]): string {
  const moved = rows.filter((row) => typeof row.from_time === 'string');
  if (moved.length === 0) return 'select ingest, time, time as from_time from made';
  const lists = [
    parameters.integers(moved.map((row) => row.ingested!)),
    parameters.texts(moved.map((row) => row.from_time!)),
  ];
  return `select ingest, time, coalesce(from_time::timestamptz, time) as from_time from made
      left join unnest(${lists.join(', ')}) as moved (ingest, from_time) using (ingest)`;
}

/**
 * Returns the statement that stores events that are not aggregated, at the position that they have or at a new one.
 * `block` is where they are expected to be. It returns the blocks, and whether it stored all of them.
 */
function insertEach(rows: readonly InsertedRow[], block: number): Statement {
  const parameters = new Parameters();
  const lists = given.map((name) => parameters.texts(rows.map((row) => toText(row[name]))));
  const terms = addTerms(parameters, rows, block);
  const hasPositions = rows.some((row) => row.ingested !== undefined);
  const ingested = hasPositions ? [parameters.integers(rows.map((row) => row.ingested ?? null))] : [];
  const ingest = hasPositions ? `coalesce(ingested, nextval('audit_ingest'))` : `nextval('audit_ingest')`;
  const names = [...given, 'first', 'last', ...(hasPositions ? ['ingested'] : [])];
  // `offset 0`, so that each event gets one position, which both of its columns read. The lists keep their order.
  const sql = `with made as (
      insert into audit_events (${columns}, producer, seq, prev_hash, hash, ingest, terms)
      select ${columns}, producer, seq, ${toBytes('prev_hash')}, ${toBytes('hash')}, ingest, ${termsOfExpected(block, `(${terms.all})[first:last]`)}
      from (
        select ${typed.join(', ')}, first, last, ${ingest} as ingest
        from unnest(${[...lists, terms.first, terms.last, ...ingested].join(', ')}) as given (${names.join(', ')}) offset 0
      ) as placed
      on conflict (id, time) do nothing returning ingest, time, ${countedColumns}
    ), counts as (
      ${countEnds('made')}
    ), uses as (
      ${countUses('made')}
    ), made_from as (
      ${fromTimes(parameters, rows)}
    ), recorded as (
      ${recordBlocks('made_from')}
    ) select block, (select count(*) from made) = ${rows.length} as whole from recorded`;
  return { sql, values: parameters.values };
}

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

/**
 * Returns the statements that store events in the given order. Writers take a lock, so that events become visible in
 * their order and a reader who continues from the latest one does not miss any. `block` is where they are expected to be.
 */
export function insertStatements(records: readonly AuditRecord[], block: number): Statement[] {
  const each: InsertedRow[] = [];
  const counted: Row[] = [];
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
    ...recordingStatements(records),
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
