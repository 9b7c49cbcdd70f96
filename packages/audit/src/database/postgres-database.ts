import type { Logger } from '@sallyport/kit';
import pg from 'pg';
import { encodeList, ListValue } from './list-value.ts';
import type { Row, SqlDatabase, Statement } from './sql-database.ts';

/** The time limit of a statement. Callers have a deadline as well. */
const maxStatementMs = 5000;

/** Offsets on Kafka are committed after a transaction, so it must be on disk, whatever the server's default is. */
const durable = `select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off'`;

export type PostgresDatabaseDeps = { url: string; logger: Logger; connections?: number };

/**
 * Opens a pool of connections to a PostgreSQL server, which may be down at any time. `url` may contain a password and is
 * never logged.
 */
export function createPostgresDatabase(deps: PostgresDatabaseDeps): SqlDatabase {
  const pool = new pg.Pool({
    connectionString: deps.url,
    max: deps.connections ?? 6,
    application_name: 'sallyport-audit',
    connectionTimeoutMillis: 2000,
    idleTimeoutMillis: 30_000,
    statement_timeout: maxStatementMs,
    query_timeout: maxStatementMs + 1000,
    idle_in_transaction_session_timeout: 2 * maxStatementMs,
    keepAlive: true,
    // Compiling a search takes longer than running it.
    options: '-c jit=off',
  });
  // When an idle connection breaks, no query has failed.
  pool.on('error', (error) =>
    deps.logger.debug({ reason: error.message }, 'an idle connection to PostgreSQL was closed'),
  );
  const run = async (client: Pick<pg.PoolClient, 'query'>, statement: Statement): Promise<Row[]> => {
    const { sql: text, values, timeoutMs } = statement;
    const query = {
      text,
      ...(values && { values: values.map((value) => (value instanceof ListValue ? encodeList(value) : value)) }),
      ...(timeoutMs === undefined ? {} : { query_timeout: timeoutMs }),
    };
    return (await client.query<Row>(query)).rows;
  };
  return {
    query: (statement) => run(pool, statement),
    async transaction(statements) {
      const client = await pool.connect();
      let broken: Error | undefined;
      // The pending query also rejects, but without a listener this event would end the process.
      const onError = (error: Error): void => {
        broken = error;
      };
      client.on('error', onError);
      try {
        await client.query(`begin; ${durable}`);
        const results: Row[][] = [];
        for (const statement of statements) results.push(await run(client, statement));
        await client.query('commit');
        return results;
      } catch (error) {
        await client.query('rollback').catch(onError);
        throw error;
      } finally {
        client.off('error', onError);
        // A connection that could not roll back is not reused.
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}
