import type { AuditQuery } from '@sallyport/contracts';
import { Conditions } from '../database/conditions.ts';
import type { Row, Statement } from '../database/sql-database.ts';

/** Positions in the order of storing, 16,384 at a time, are a block. */
export const blockBits = 14;

/** The bits of a term. Those above are the block. */
export const termBits = 32;
/** Numbers are exact up to 2^53, so up to this block a term can be combined with it outside of the database. */
const lastCombined = 2 ** (53 - termBits) - 1;

/** Combines the terms in an expression, a list, with the block of an event, so that the index is read block by block. */
export const termsOfBlock = (hashes: string): string =>
  `array(select ((ingest >> ${blockBits}) << ${termBits}) | (term & ${2 ** termBits - 1}) from unnest(${hashes}) as term)`;

/** Combines a term with the block that events are expected to be in. */
export const combineWithBlock = (block: number, term: number): number =>
  block > lastCombined ? term : block * 2 ** termBits + term;

/**
 * Returns the terms in an expression, which were combined with the block that was expected. They are combined again for
 * events that are in another block, which takes the database longer.
 */
export const termsOfExpected = (block: number, combined: string): string =>
  block > lastCombined
    ? termsOfBlock(combined)
    : `case when ingest >> ${blockBits} = ${block} then ${combined} else ${termsOfBlock(combined)} end`;

/** Records in which blocks and partitions the rows of a table (ingest, time, from_time) are, and returns the blocks. */
export const recordBlocks = (
  made: string,
): string => `insert into audit_blocks (block, part, events, from_time, to_time, last, stored)
    select ingest >> ${blockBits}, audit_part(time), count(*), min(from_time), max(time), max(ingest), now() from ${made} group by 1, 2
    on conflict (block, part) do update set events = audit_blocks.events + excluded.events,
      from_time = least(audit_blocks.from_time, excluded.from_time), to_time = greatest(audit_blocks.to_time, excluded.to_time),
      last = greatest(audit_blocks.last, excluded.last), stored = excluded.stored returning block`;

/** Returns the block in which the next events probably are, after a transaction that may have recorded blocks. */
export function expectedBlock(answers: readonly Row[][], before: number): number {
  return Math.max(before, ...answers.flat().flatMap(({ block }) => (block === undefined ? [] : [Number(block)])));
}

/** A block, and the partitions in which its events are. */
export type Block = { block: string; partitions: string[] };

/** The maximum number of blocks that one statement searches. */
const maxBlocks = 64;
/** The maximum number of their partitions, because each of them is searched for each block. */
const maxPartitions = 8;

const blockOf = (ingest: number) => Math.floor(ingest / 2 ** blockBits);

/** Returns the statement for the next blocks that may have events between the positions and times of a query. */
export function blockStatement(
  query: Pick<AuditQuery, 'since' | 'until' | 'order'>,
  range: { above: number | undefined; below: number | undefined },
): Statement {
  const conditions = new Conditions();
  conditions.add('block >=', range.above === undefined ? undefined : blockOf(range.above + 1));
  conditions.add('block <=', range.below === undefined ? undefined : blockOf(range.below - 1));
  conditions.add('to_time >=', query.since);
  conditions.add('from_time <', query.until);
  const direction = query.order === 'newest' ? 'desc' : 'asc';
  return {
    sql: `select block::text, array_agg(part) as partitions from audit_blocks${conditions.where} group by block order by block ${direction} limit ${maxBlocks}`,
    values: conditions.values,
  };
}

/** Reads the blocks, as many as are in a few partitions. Tells where the next ones begin. */
export function readBlocks(rows: readonly Row[], order: AuditQuery['order']): { blocks: Block[]; next?: number } {
  const blocks: Block[] = [];
  const seen = new Set<string>();
  for (const row of rows) {
    const partitions = row.partitions as string[];
    for (const name of partitions) seen.add(name);
    if (blocks.length > 0 && seen.size > maxPartitions) break;
    blocks.push({ block: String(row.block), partitions });
  }
  const end = blocks.at(-1);
  if (!end || (rows.length < maxBlocks && blocks.length === rows.length)) return { blocks };
  const size = 2 ** blockBits;
  return { blocks, next: order === 'newest' ? Number(end.block) * size : (Number(end.block) + 1) * size - 1 };
}

/** The newest position in the store. */
export const latestStatement: Statement = {
  sql: 'select coalesce(max(last), 0) as latest from audit_blocks where block = (select max(block) from audit_blocks)',
};
