import pg from 'pg';
import type { Row } from '../database/sql-database.ts';
import { migrationCount } from '../schema/migrations.ts';
import { readStoredTrail, type ReadRows, type StoredTrail, type StoredTrailReader } from './read-stored-trail.ts';

export { hasDatabase } from '../database/database-directory.ts';
export { continueCheckpoints, ForeignCheckpointsError } from './continue-checkpoints.ts';
export type { StoredEvent, StoredPlace, StoredTrail, StoredTrailReader } from './read-stored-trail.ts';

/** Thrown if the database is there, and is not a store of this version that can be read. The message says what to do. */
export class NotAStoreError extends Error {
  override readonly name = 'NotAStoreError';
}

async function checkSchema(read: ReadRows): Promise<void> {
  const [found] = await read(
    "select to_regclass('audit_migrations') is not null as known, to_regclass('audit_events_unpartitioned') is not null as moving",
  );
  if (found?.known !== true)
    throw new NotAStoreError(
      'This database has no audit store. Name the database and the search_path of the audit service.',
    );
  const [row] = await read('select max(version) as version from audit_migrations');
  const version = Number(row?.version ?? 0);
  if (version > migrationCount)
    throw new NotAStoreError('A newer version of the audit service uses this store. Use its version of this program.');
  if (version < migrationCount || found.moving === true)
    throw new NotAStoreError('The store is not converted to this version yet. Start the audit service first.');
}

/**
 * Reads the whole trail from PostgreSQL, as it is at one moment, in a transaction that cannot write. The password may
 * come from the URL, `PGPASSWORD` or `PGPASSFILE`. Rejects with NotAStoreError, or with the error of the driver.
 */
export async function openStoredTrail(url: string, take: StoredTrailReader): Promise<StoredTrail> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'sallyport-audit-verify',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    options: '-c jit=off -c default_transaction_read_only=on',
  });
  // A connection that breaks rejects the query. Without a listener, this event would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const read: ReadRows = async (text, values = []) => (await client.query<Row>({ text, values: [...values] })).rows;
    await checkSchema(read);
    return await readStoredTrail(read, take);
  } finally {
    await client.end().catch(() => undefined);
  }
}
