import type { Bounds } from './audit-store.ts';
import { lockStatement } from './migrations.ts';
import { dropStatement, heldDays, isExpired, isHeld, listStatement, readListed } from './partition-statements.ts';
import type { SqlDatabase, Statement } from './sql-database.ts';
import { forgetStatement, trimStatements } from './trim-statements.ts';

/** Rows deleted at a time, so that other writers do not wait long for the lock. */
const trimStep = 5000;

/** Deletes what is out of bounds: whole partitions by age, rows by number. Resolves to the number of deleted events. */
export async function trimStore(database: SqlDatabase, bounds: Bounds): Promise<number> {
  const { before, rememberIds, holds = [] } = bounds;
  let total = 0;
  // Under the lock of the writers, because they replace an aggregated event while its count grows.
  const locked = async (statement: Statement) => (await database.transaction([lockStatement, statement]))[1];
  if (before !== undefined) {
    const listed = (await database.query(listStatement)).flatMap(readListed);
    const expired = listed.filter((one) => isExpired(one, before, Date.now()) && !isHeld(one.partition, holds));
    for (const { partition, events } of expired) {
      await locked(dropStatement(partition));
      total += events;
    }
  }
  for (const statement of trimStatements(bounds, heldDays(holds), trimStep)) {
    for (let count = trimStep; count === trimStep; total += count)
      count = Number((await locked(statement))?.[0]?.count ?? 0);
  }
  if (rememberIds !== undefined) await locked(forgetStatement(rememberIds));
  return total;
}
