import { StoreBehindError } from '@sallyport/audit-log';
import { ProblemError, type Logger } from '@sallyport/kit';
import type { SqlDatabase } from '../database/sql-database.ts';
import { migrate } from '../schema/migrations.ts';
import { UnstorableError } from './event-store.ts';
import { createMover } from './move-old-events.ts';

/** The database of all stores of the audit service. */
export type StoreDatabase = SqlDatabase & {
  /** Runs work once the schema is migrated, and explains its errors: those of the data, if it adds any. */
  using<T>(work: () => Promise<T>, adding?: boolean): Promise<T>;
};

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
  if ([ProblemError, UnstorableError, StoreBehindError].some((known) => error instanceof known)) return error;
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
 * Creates the database of the stores from one with PostgreSQL's dialect. The schema is migrated on first use, so the
 * database does not have to be up yet.
 */
export function createStoreDatabase(database: SqlDatabase, logger?: Logger): StoreDatabase {
  const mover = createMover(database, logger);
  let migrated: Promise<void> | undefined;
  return {
    query: (statement) => database.query(statement),
    transaction: (statements) => database.transaction(statements),
    async using(work, adding = false) {
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
    },
    async close() {
      await mover.close();
      await database.close();
    },
  };
}
