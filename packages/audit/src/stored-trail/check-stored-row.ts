import type { AuditRecord } from '@sallyport/contracts';
import type { Row } from '../database/sql-database.ts';
import { blockBits } from '../events/event-blocks.ts';
import { eventColumnNames, placeColumnNames, aggregateColumns, toRow, type EventColumn } from '../events/event-row.ts';
import { partitionOf } from '../events/partitions.ts';

/** The times of the events of a block in one partition, as `audit_blocks` has them. */
export type BlockTimes = { from: string; to: string };
/** The blocks by their number and partition, as `nameBlock` writes them. */
export type StoredBlocks = ReadonlyMap<string, BlockTimes>;

/** Returns the key of a block in a partition. */
export const nameBlock = (block: number, partition: string): string => `${block} ${partition}`;

/** The event is read from these, so they cannot differ from it. Its hash covers its id and time. */
const given = new Set<EventColumn>(['id', 'source', 'key', 'time', 'data']);
const columns = eventColumnNames.filter((name) => !given.has(name));

/** What `checkStoredRow` reads of a row. `prev_hash` and `hash` are bytes in the table, and hexadecimal here. */
export const checkedColumns: string = [
  ...columns,
  'producer',
  'seq::text',
  "encode(prev_hash, 'hex') as prev_hash",
  "encode(hash, 'hex') as hash",
  "array_to_string(terms, ',') as terms",
].join(', ');

const normal = (value: unknown): string => JSON.stringify(value ?? null);

/**
 * Returns why searches do not show an event as it is, or undefined. The hash protects the event, but searches read the
 * columns next to it: an event with another name in a column, or without its terms, is there and is not found.
 */
export function checkStoredRow(row: Row, record: AuditRecord, blocks: StoredBlocks): string | undefined {
  let expected: Row;
  try {
    expected = toRow(record);
  } catch {
    return 'its data is not an audit event';
  }
  if (expected.data !== row.data) return 'its data is not in the form in which events are stored';
  // The places of events of anonymous callers are in another table.
  const compared: readonly string[] =
    aggregateColumns(record) && row.seq === null ? columns : [...columns, ...placeColumnNames];
  const wrong = compared.find((name) =>
    name === 'seq' ? Number(row.seq) !== Number(expected.seq) : normal(row[name]) !== normal(expected[name]),
  );
  if (wrong !== undefined) return `its column ${wrong} does not say what the event says`;
  const block = Math.floor(Number(row.ingest) / 2 ** blockBits);
  const terms = (expected.hashes as number[]).map((term) => block * 2 ** 32 + term);
  if (row.terms !== terms.join(',')) return 'its search terms are not those of the event';
  const times = blocks.get(nameBlock(block, partitionOf(record.time).name));
  if (!times || record.time < times.from || record.time > times.to)
    return 'searches do not find it, because audit_blocks does not name its block';
  return undefined;
}
