import type { AuditPage, AuditQuery } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { UnstorableError, type AuditStore, type OnlyOf } from './audit-store.ts';
import { fromRow } from './event-row.ts';
import { migrate, takeTurn } from './migrations.ts';
import { decodePlace, encodePlace } from './place.ts';
import type { Row, SqlDatabase, Statement } from './sql-database.ts';
import { findStatement, forgetStatement, insertStatements, latestStatement, trimStatements } from './statements.ts';

/** Rows deleted at a time, so that nobody waits long for the lock. */
const trimStep = 5000;

/**
 * SQLSTATE classes that speak of the data (22, 23) or of its size (54): of an event when adding, else of the question.
 */
const dataClasses = ['22', '23', '54'];
/** Classes that speak of our own statements: a bug, not an outage. */
const bugClasses = ['42', '0A'];

function stateOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Turns a failure of the database into what the store promises. */
function explain(error: unknown, adding: boolean): unknown {
  const classOf = stateOf(error)?.slice(0, 2);
  if (error instanceof ProblemError) return error;
  if (classOf !== undefined && dataClasses.includes(classOf)) {
    // What a reader of questions let pass is no outage: it would be asked again and again, and alarm the operator.
    return adding
      ? new UnstorableError((error as Error).message, { cause: error })
      : new ProblemError('bad-request', 'The query has a value that no event can have.', { cause: error });
  }
  if (classOf !== undefined && bugClasses.includes(classOf)) return error;
  return new ProblemError('service-unavailable', 'The store of audit events cannot be reached.', { cause: error });
}

/**
 * Creates a store on a database that speaks PostgreSQL's dialect. The schema is brought up to date on first use, so the
 * database may come later.
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
        // In turn with those who store: an event that stands for many is being replaced while it grows.
        const inTurn = async (statement: Statement) => (await database.transaction([takeTurn, statement]))[1];
        for (const statement of trimStatements(bounds, trimStep)) {
          for (let count = trimStep; count === trimStep; total += count)
            count = Number((await inTurn(statement))?.[0]?.count ?? 0);
        }
        if (bounds.rememberIds !== undefined) await inTurn(forgetStatement(bounds.rememberIds));
        return total;
      }),
    ping: () => using(async () => void (await database.query({ sql: 'select 1' }))),
    close: () => database.close(),
  };
}

const ingestOf = (row: Row | undefined) => Number(row?.ingest ?? 0);

async function findPage(database: SqlDatabase, query: AuditQuery, only: OnlyOf | undefined): Promise<AuditPage> {
  const place = query.after === undefined ? {} : decodePlace(query.after);
  // Before the page, so that an event that comes in between is on the page or after `latest`, never lost between them.
  const [newest] = await database.query(latestStatement(only));
  const rows = await database.query(findStatement(query, place, only));
  const shown = rows.slice(0, query.limit);
  const more = Number(rows[0]?.found ?? 0) > shown.length;
  const last = ingestOf(shown.at(-1));
  const next = query.order === 'newest' ? { ...place, below: last } : { ...place, above: last };
  const latest = Math.max(Number(newest?.latest ?? 0), place.above ?? 0, ...shown.map(ingestOf));
  return {
    events: shown.map(fromRow),
    ...(more ? { next: encodePlace(next) } : {}),
    latest: encodePlace({ above: latest }),
  };
}
