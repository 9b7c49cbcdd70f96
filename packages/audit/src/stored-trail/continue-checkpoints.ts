import { hashCheckpoint, type CarriedTrail } from '@sallyport/audit-proof';
import { createLogger } from '@sallyport/kit';
import { createPostgresDatabase } from '../database/postgres-database.ts';
import type { SqlDatabase } from '../database/sql-database.ts';
import { lockStatement, migrate } from '../schema/migrations.ts';

/** Thrown if the store has signed checkpoints that do not continue those of the trail. */
export class ForeignCheckpointsError extends Error {
  override readonly name = 'ForeignCheckpointsError';
}

/**
 * Lets the audit service go on with the checkpoints of a trail that the store gets from elsewhere, so that their chain
 * passes the verification. Of two with one number, the first counts. Does nothing to a store that knows them already.
 * Resolves to the number of checkpoints that it did not know.
 */
export async function continueIn(database: SqlDatabase, { checkpoints, begins }: CarriedTrail): Promise<number> {
  await migrate(database);
  const rows = checkpoints.map((checkpoint) => ({
    key_id: checkpoint.keyId,
    number: checkpoint.number,
    previous: checkpoint.previous ?? '',
    hash: hashCheckpoint(checkpoint),
    checkpoint: JSON.stringify(checkpoint),
  }));
  const stored = await database.query({ sql: 'select hash from audit_checkpoints order by place desc' });
  const known = new Set(stored.map(({ hash }) => String(hash)));
  const fresh = rows.filter(({ hash }) => !known.has(hash));
  const isBehind = rows.some(({ hash }) => hash === stored[0]?.['hash']);
  if (fresh.length > 0 && stored.length > 0 && !isBehind)
    throw new ForeignCheckpointsError('the store has signed checkpoints that do not continue those of the trail');
  await database.transaction([
    lockStatement,
    {
      sql: `insert into audit_checkpoints (key_id, number, previous, hash, checkpoint, claimed, published)
        select key_id, number, previous, hash, checkpoint, now(), true
        from json_to_recordset($1::json)
          as given(key_id text, number bigint, previous text, hash text, checkpoint text, position integer)
        order by position
        on conflict do nothing`,
      values: [JSON.stringify(fresh.map((row, position) => ({ ...row, position })))],
    },
    {
      sql: `insert into audit_heads (producer, seq, hash, first)
        select producer, seq - 1, hash, seq from json_to_recordset($1::json) as given(producer text, seq bigint, hash text)
        on conflict do nothing`,
      values: [JSON.stringify(begins.map(({ producer, seq, prevHash }) => ({ producer, seq, hash: prevHash })))],
    },
  ]);
  return fresh.length;
}

/** Does the same in PostgreSQL, whose tables are created if they are missing. The password may be in the URL. */
export async function continueCheckpoints(url: string, carried: CarriedTrail): Promise<number> {
  const database = createPostgresDatabase({
    url,
    logger: createLogger({ service: 'audit-import', level: 'silent' }),
    connections: 1,
  });
  try {
    return await continueIn(database, carried);
  } finally {
    await database.close();
  }
}
