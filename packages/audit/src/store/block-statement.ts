import type { AuditQuery } from '@sallyport/contracts';
import { Conditions } from './conditions.ts';
import { blockBits } from './event-blocks.ts';
import type { Row, Statement } from './sql-database.ts';

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
