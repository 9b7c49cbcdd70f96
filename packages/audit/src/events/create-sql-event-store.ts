import type { AuditRecord } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { Statement } from '../database/sql-database.ts';
import { lockStatement } from '../schema/migrations.ts';
import { expectedBlock } from './event-blocks.ts';
import { UnstorableError, type EventStore } from './event-store.ts';
import { findPage } from './find-page.ts';
import { insertStatements } from './insert-statements.ts';
import { keepRepeats } from './keep-repeats.ts';
import { listStatement, openStatement, partitionsAhead, readListed } from './partitions.ts';
import type { StoreDatabase } from './store-database.ts';
import { trimStore } from './trim-store.ts';

/**
 * Returns the statements that store events. An event of which no row can be made, or too large a text, is unstorable: it
 * is not an outage, and would otherwise be tried again for ever.
 */
function statementsFor(records: readonly AuditRecord[], block: number): Statement[] {
  try {
    return insertStatements(records, block);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw new UnstorableError(`no row can be made of it: ${error.message}`, { cause: error });
  }
}

/** Creates the store of the events. `onConflicts` is told of those that are kept although one with their id is stored. */
export function createSqlEventStore(
  database: StoreDatabase,
  logger: Logger | undefined,
  onConflicts: (count: number) => void = () => undefined,
): EventStore {
  let block = 0;
  return {
    async add(records) {
      if (records.length === 0) return;
      const answers = await database.using(() => database.transaction(statementsFor(records, block)), true);
      block = expectedBlock(answers, block);
      const ids = await database.using(() => keepRepeats(database, records, answers), true);
      if (ids.length === 0) return;
      onConflicts(ids.length);
      logger?.error({ ids: ids.slice(0, 10), count: ids.length }, 'kept audit events that have the ids of others');
    },
    find: (query, only) => database.using(() => findPage(database, query, only)),
    trim: (bounds) => database.using(() => trimStore(database, bounds)),
    async prepare(now) {
      const opening = openStatement(partitionsAhead(now), ['audit_events', 'audit_cluster_events']);
      await database.using(() => database.transaction([lockStatement, opening]));
    },
    async partitions() {
      const listed = (await database.using(() => database.query(listStatement))).flatMap(readListed);
      return listed.map(({ partition: _partition, lastStored: _lastStored, ...known }) => known);
    },
  };
}
