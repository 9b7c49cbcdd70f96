import type { Row } from './sql-database.ts';

/** Positions in the order of storing, 16,384 at a time, are a block. */
export const blockBits = 14;

const termBits = 32;
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
