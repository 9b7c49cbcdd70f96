import type { AuditRecord } from '@sallyport/contracts';
import { ProblemError, type Logger } from '@sallyport/kit';
import { createSqlClusterEventStore } from '../cluster-events/create-sql-cluster-event-store.ts';
import { createSqlJoinStore } from '../cluster-events/create-sql-join-store.ts';
import { createSqlProofStore } from '../proof/create-sql-proof-store.ts';
import { findUses } from '../elevation-report/find-uses.ts';
import { countRequests } from '../report/count-requests.ts';
import { UnstorableError, type AuditStore } from './audit-store.ts';
import { expectedBlock } from './event-blocks.ts';
import { findPage } from './find-page.ts';
import { insertStatements, openStatement } from './insert-statements.ts';
import { keepRepeats } from './keep-repeats.ts';
import { migrate, lockStatement } from './migrations.ts';
import { createMover } from './create-mover.ts';
import { listStatement, readListed } from './partition-statements.ts';
import { partitionsAhead } from './partition.ts';
import type { SqlDatabase, Statement } from './sql-database.ts';
import { trimStore } from './trim-store.ts';

/** SQLSTATE classes for errors in the data (22, 23) or its size (54), of an event when adding, otherwise of the query. */
const dataClasses = ['22', '23', '54'];
/** Classes for errors in our own statements: a bug, not an outage. */
const bugClasses = ['42', '0A'];

function stateOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Converts an error of the database to an error of the store. */
function explain(error: unknown, adding: boolean): unknown {
  const classOf = stateOf(error)?.slice(0, 2);
  if (error instanceof ProblemError || error instanceof UnstorableError) return error;
  if (classOf !== undefined && dataClasses.includes(classOf)) {
    // An invalid value in a query is not an outage. As one, it would be retried and alarm the operator.
    return adding
      ? new UnstorableError((error as Error).message, { cause: error })
      : new ProblemError('bad-request', 'The query contains a value that no event can have.', { cause: error });
  }
  if (classOf !== undefined && bugClasses.includes(classOf)) return error;
  return new ProblemError('service-unavailable', 'The audit store cannot be reached.', { cause: error });
}

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
 * Creates a store on a database with PostgreSQL's dialect. The schema is migrated on first use, so the database does
 * not have to be up yet. `onConflicts` is told of events that are kept although one with their id is stored.
 */
export function createSqlAuditStore(
  database: SqlDatabase,
  logger?: Logger,
  onConflicts: (count: number) => void = () => undefined,
): AuditStore {
  const mover = createMover(database, logger);
  let migrated: Promise<void> | undefined;
  let block = 0;
  const using = async <T>(work: () => Promise<T>, adding = false): Promise<T> => {
    try {
      migrated ??= migrate(database).then(() => mover.start());
      await migrated.catch((error: unknown) => {
        migrated = undefined;
        throw error;
      });
      mover.check();
      return await work();
    } catch (error) {
      throw explain(error, adding);
    }
  };
  return {
    async add(records) {
      if (records.length === 0) return;
      const answers = await using(() => database.transaction(statementsFor(records, block)), true);
      block = expectedBlock(answers, block);
      const ids = await using(() => keepRepeats(database, records, answers), true);
      if (ids.length === 0) return;
      onConflicts(ids.length);
      logger?.error({ ids: ids.slice(0, 10), count: ids.length }, 'kept audit events that have the ids of others');
    },
    find: (query, only) => using(() => findPage(database, query, only)),
    report: (query, only) => using(() => countRequests(database, query, only)),
    elevationUses: (query, only) => using(() => findUses(database, query, only)),
    trim: (bounds) => using(() => trimStore(database, bounds)),
    prepare: (now) =>
      using(
        async () =>
          void (await database.transaction([
            lockStatement,
            openStatement(partitionsAhead(now), ['audit_events', 'audit_cluster_events']),
          ])),
      ),
    partitions: () =>
      using(async () =>
        (await database.query(listStatement))
          .flatMap(readListed)
          .map(({ partition: _partition, lastStored: _lastStored, ...known }) => known),
      ),
    proof: createSqlProofStore(database, using),
    clusterEvents: createSqlClusterEventStore(database, using),
    join: createSqlJoinStore(database, using),
    ping: () => using(async () => void (await database.query({ sql: 'select 1' }))),
    async close() {
      await mover.close();
      await database.close();
    },
  };
}
