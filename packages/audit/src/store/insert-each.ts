import { countUses } from '../elevation-report/use-tables.ts';
import { countedColumns, countEnds } from '../report/count-tables.ts';
import { combineWithBlock, recordBlocks, termsOfExpected } from './event-blocks.ts';
import { eventColumnNames, givenTypes, placeColumnNames } from './event-columns.ts';
import type { EventRow } from './event-row.ts';
import { ListValue } from './list-value.ts';
import type { Statement } from './sql-database.ts';

/** A row, and what an event of an earlier version has in addition: its position, and when it first happened. */
export type InsertedRow = EventRow & { ingested?: number; from_time?: string | null };

const given = [...eventColumnNames, ...placeColumnNames];
const columns = eventColumnNames.join(', ');
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
  const [first, last]: [number[], number[]] = [[], []];
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
export function insertEach(rows: readonly InsertedRow[], block: number): Statement {
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
