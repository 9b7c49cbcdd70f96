import { StoreBehindError, type TopicPlace } from '@sallyport/audit-log';
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

/**
 * Returns the statement that fails if messages before these are missing, and the one that remembers how far the topic is
 * stored. The position is in the database with the events, so that both are lost or restored together.
 */
const placeStatements = ({ topic, partition, first, next, isOldest = false }: TopicPlace): [Statement, Statement] => [
  {
    // A number that is none ends the transaction: what comes later must not be stored first.
    sql: `select ('store-behind ' || next)::bigint from audit_positions
      where topic = $1 and partition = $2 and next < $3 and not $4::boolean`,
    values: [topic, partition, first, isOldest],
  },
  {
    sql: `insert into audit_positions (topic, partition, next) values ($1, $2, $3)
      on conflict (topic, partition) do update set next = greatest(audit_positions.next, excluded.next)`,
    values: [topic, partition, next],
  },
];

const behindError = /^invalid input syntax for type bigint: "store-behind (\d+)"$/;

/** Throws the error of a transaction, as StoreBehindError if messages are missing. */
function throwBehind(error: unknown): never {
  const next = behindError.exec((error as Error).message)?.[1];
  throw next === undefined ? error : new StoreBehindError(Number(next));
}

/** Creates the store of the events. `onConflicts` is told of those that are kept although one with their id is stored. */
export function createSqlEventStore(
  database: StoreDatabase,
  logger: Logger | undefined,
  onConflicts: (count: number) => void = () => undefined,
): EventStore {
  let block = 0;
  return {
    async add(records, place) {
      if (records.length === 0 && !place) return;
      const [check, move] = place ? placeStatements(place) : [];
      const statements = [
        ...(check ? [lockStatement, check] : []),
        ...(records.length > 0 ? statementsFor(records, block) : []),
        ...(move ? [move] : []),
      ];
      const answers = await database.using(() => database.transaction(statements).catch(throwBehind), true);
      block = expectedBlock(answers, block);
      if (records.length === 0) return;
      const ids = await database.using(() => keepRepeats(database, records, answers), true);
      if (ids.length === 0) return;
      onConflicts(ids.length);
      logger?.error({ ids: ids.slice(0, 10), count: ids.length }, 'kept audit events that have the ids of others');
    },
    async positions(topic) {
      const sql = 'select partition, next::text from audit_positions where topic = $1';
      const rows = await database.using(() => database.query({ sql, values: [topic] }));
      return new Map(rows.map(({ partition, next }) => [Number(partition), Number(next)]));
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
