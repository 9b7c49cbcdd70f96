/** Positions in the order of storing, 16,384 at a time, are a block. */
export const blockBits = 14;

/** Combines the terms in an expression, a list, with the block of an event, so that the index is read block by block. */
export const termsOfBlock = (hashes: string): string =>
  `array(select ((ingest >> ${blockBits}) << 32) | term from unnest(${hashes}) as term)`;

/** Records in which blocks and partitions the rows of a table (ingest, time, from_time) are. */
export const recordBlocks = (
  made: string,
): string => `insert into audit_blocks (block, part, events, from_time, to_time, last, stored)
    select ingest >> ${blockBits}, audit_part(time), count(*), min(from_time), max(time), max(ingest), now() from ${made} group by 1, 2
    on conflict (block, part) do update set events = audit_blocks.events + excluded.events,
      from_time = least(audit_blocks.from_time, excluded.from_time), to_time = greatest(audit_blocks.to_time, excluded.to_time),
      last = greatest(audit_blocks.last, excluded.last), stored = excluded.stored`;
