import { hash } from 'node:crypto';
import { contentOf, firstPrevHash } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { Row, SqlDatabase, Statement } from '../database/sql-database.ts';
import { lockStatement } from '../schema/migrations.ts';
import { aggregateColumns, toRow, type EventRow } from './event-row.ts';
import { openStatement, partitionsOf } from './partitions.ts';

/** Finds the events that are not stored with this hash. The others were only delivered again. */
const notStored = `select position::integer from unnest($1::text[], $2::text[], $3::text[]) with ordinality as given(id, time, hash, position)
  where hash is null or not exists (select from audit_events as stored
    where stored.id = given.id and stored.time = given.time::timestamptz and stored.hash = decode(given.hash, 'hex'))`;

const withSameId = `select given.position::integer, type, data from unnest($1::text[], $2::text[]) with ordinality as given(id, time, position)
  join audit_events as stored on stored.id = given.id and stored.time = given.time::timestamptz`;

const insert = `insert into audit_repeats (time, id, producer, seq, prev_hash, hash, event)
  select time, id, producer, seq, decode(prev_hash, 'hex'), decode(hash, 'hex'), event
  from json_to_recordset($1::json) as given(time timestamptz, id text, producer text, seq bigint, prev_hash text, hash text, event text)
  on conflict do nothing returning id, event is not null as conflicts`;

type Given = { record: AuditRecord; row: EventRow };

/** Whether an event says what the stored one with its id says, wherever it is in a chain. */
function isRepeat({ record }: Given, stored: Row): boolean {
  try {
    return (
      stored.type === record.type && contentOf(JSON.parse(String(stored.data)) as object) === contentOf(record.data)
    );
  } catch {
    return false; // What is stored was changed, so it is not an event any more.
  }
}

/** Returns what is kept of an event, or undefined if nothing of it would be lost. */
function toKept(given: Given, stored: Row): Row | undefined {
  const { record, row } = given;
  const { id, time, producer, seq, prev_hash: prevHash, hash: own } = row;
  const event = isRepeat(given, stored) ? null : JSON.stringify(record);
  if (seq !== null) return { time, id, producer, seq, prev_hash: prevHash, hash: own, event };
  if (event === null) return undefined;
  return { time, id, producer: '', seq: 0, prev_hash: firstPrevHash, hash: hash('sha256', event), event };
}

async function findDropped(database: SqlDatabase, given: readonly Given[]): Promise<Given[]> {
  const values = [given.map(({ row }) => row.id), given.map(({ row }) => row.time), given.map(({ row }) => row.hash)];
  const rows = await database.query({ sql: notStored, values });
  return rows.map(({ position }) => given[Number(position) - 1]!);
}

/**
 * Keeps what would be lost of events that were not stored because one with their id and time is: their places in the
 * chains, and all of those that say something else. `answers` are those of `insertStatements`. Returns the ids of the
 * latter that are new.
 */
export async function keepRepeats(
  database: SqlDatabase,
  records: readonly AuditRecord[],
  answers: readonly Row[][],
): Promise<string[]> {
  if (answers.flat().some(({ whole }) => whole === true)) return [];
  const each = records.filter((record) => !aggregateColumns(record));
  if (each.length === 0) return [];
  const given = each.map((record) => ({ record, row: toRow(record) }));
  const dropped = await findDropped(database, given);
  if (dropped.length === 0) return [];
  const values = [dropped.map(({ row }) => row.id), dropped.map(({ row }) => row.time)];
  const stored = new Map(
    (await database.query({ sql: withSameId, values })).map((row) => [Number(row.position) - 1, row]),
  );
  // Retention has deleted the stored ones meanwhile. The next attempt stores these.
  if (stored.size < dropped.length)
    throw new ProblemError('service-unavailable', 'The audit store changes while events are stored.');
  const kept = dropped.map((given, index) => toKept(given, stored.get(index)!)).filter((row) => row !== undefined);
  if (kept.length === 0) return [];
  const statements: Statement[] = [
    lockStatement,
    openStatement(partitionsOf(kept), ['audit_repeats']),
    { sql: insert, values: [JSON.stringify(kept)] },
  ];
  const added = await database.transaction(statements);
  return (added.at(-1) ?? []).filter(({ conflicts }) => conflicts === true).map(({ id }) => String(id));
}
