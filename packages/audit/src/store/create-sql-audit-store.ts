import type { AuditPage, AuditQuery } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { UnstorableError, type AuditStore, type OnlyOf } from './audit-store.ts';
import { fromRow } from './event-row.ts';
import { migrate, lockStatement } from './migrations.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Row, SqlDatabase, Statement } from './sql-database.ts';
import { findStatement, latestStatement } from './find-statement.ts';
import { forgetStatement, insertStatements, trimStatements } from './statements.ts';

/** Rows deleted at a time, so that other writers do not wait long for the lock. */
const trimStep = 5000;

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
  if (error instanceof ProblemError) return error;
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
 * Creates a store on a database with PostgreSQL's dialect. The schema is migrated on first use, so the database does
 * not have to be up yet.
 */
export function createSqlAuditStore(database: SqlDatabase): AuditStore {
  let migrated: Promise<void> | undefined;
  const using = async <T>(work: () => Promise<T>, adding = false): Promise<T> => {
    try {
      migrated ??= migrate(database);
      await migrated.catch((error: unknown) => {
        migrated = undefined;
        throw error;
      });
      return await work();
    } catch (error) {
      throw explain(error, adding);
    }
  };
  return {
    async add(records) {
      if (records.length > 0) await using(() => database.transaction(insertStatements(records)), true);
    },
    find: (query, only) => using(() => findPage(database, query, only)),
    trim: (bounds) =>
      using(async () => {
        let total = 0;
        // Under the lock of the writers, because they replace an aggregated event while its count grows.
        const locked = async (statement: Statement) => (await database.transaction([lockStatement, statement]))[1];
        for (const statement of trimStatements(bounds, trimStep)) {
          for (let count = trimStep; count === trimStep; total += count)
            count = Number((await locked(statement))?.[0]?.count ?? 0);
        }
        if (bounds.rememberIds !== undefined) await locked(forgetStatement(bounds.rememberIds));
        return total;
      }),
    ping: () => using(async () => void (await database.query({ sql: 'select 1' }))),
    close: () => database.close(),
  };
}

const ingestOf = (row: Row | undefined) => Number(row?.ingest ?? 0);

async function findPage(database: SqlDatabase, query: AuditQuery, only: OnlyOf | undefined): Promise<AuditPage> {
  const given = query.after === undefined ? {} : decodeCursor(query.after);
  // Read before the page, so that an event that arrives in between is on the page or after `latest`.
  const [newest] = await database.query(latestStatement(only));
  const cursor = query.view === 'requests' ? { top: Number(newest?.latest ?? 0), ...given } : given;
  const rows = await database.query(findStatement(query, cursor, only));
  const shown = rows.slice(0, query.limit);
  const more = Number(rows[0]?.found ?? 0) > shown.length;
  const last = ingestOf(shown.at(-1));
  const next = query.order === 'newest' ? { ...cursor, below: last } : { ...cursor, above: last };
  const latest = Math.max(Number(newest?.latest ?? 0), cursor.above ?? 0, ...shown.map(ingestOf));
  return {
    events: shown.map(fromRow),
    ...(more ? { next: encodeCursor(next) } : {}),
    latest: encodeCursor({ above: latest }),
  };
}
