import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { sampleAuditRecord } from '@sallyport/audit-log';
import { auditQuerySchema, type AuditRecord } from '@sallyport/contracts';
import type { AuditStore } from './audit-store.ts';
import { createSqlAuditStore } from './create-sql-audit-store.ts';
import { firstMigrations } from './first-migrations.ts';
import { createPgliteDatabase } from './pglite-database.ts';
import type { SqlDatabase } from './sql-database.ts';

const start = Date.UTC(2026, 10, 20, 22);

/** Fills a database as versions without partitions did. */
async function fillOld(database: SqlDatabase, records: readonly AuditRecord[], counted: AuditRecord): Promise<void> {
  await database.transaction([
    { sql: 'create table audit_migrations (version integer primary key, applied timestamptz not null default now())' },
    ...firstMigrations.map((sql) => ({ sql })),
    { sql: 'insert into audit_migrations (version) values (1), (2), (3)' },
  ]);
  const rows = [...records, counted].map(({ data, ...envelope }) => ({
    ...envelope,
    audit_id: data.auditID,
    data: JSON.stringify(data),
  }));
  await database.query({
    sql: `insert into audit_events (id, time, type, source, key, audit_id, data)
      select * from json_to_recordset($1::json)
        as given(id text, time timestamptz, type text, source text, key text, audit_id text, data text)`,
    values: [JSON.stringify(rows)],
  });
  await database.query({
    sql: `insert into audit_aggregates (fold, ingest, count, first_time, last_time)
      select 'some fold', max(ingest), 7, '2026-11-20T22:00:00Z', '2026-11-20T23:30:00Z' from audit_events`,
  });
}

async function findAll(store: AuditStore, query: Record<string, unknown>): Promise<AuditRecord[]> {
  for (let tries = 0; ; tries += 1) {
    try {
      return (await store.find(auditQuerySchema.parse({ limit: 1000, order: 'oldest', ...query }))).events;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'service-unavailable' || tries > 300) throw error;
      await pause(100);
    }
  }
}

it('moves the events of earlier versions into partitions, unchanged, in their order, once', async () => {
  const database = createPgliteDatabase({});
  const records = Array.from({ length: 2500 }, (_none, index) =>
    sampleAuditRecord({ session: index % 2 === 0 ? 'even' : 'odd', time: start + index * 60_000 }),
  );
  records[3]!.data.requestURI = '/\0\ud800';
  const counted = sampleAuditRecord({ time: start + 5_400_000 });
  counted.data.user = {};
  delete counted.data.sallyport.identity;
  await fillOld(database, records, counted);

  const store = createSqlAuditStore(database);
  const moved = await findAll(store, { session: 'odd' });
  expect(moved.map(({ id }) => id)).toEqual(
    records
      .filter((_one, index) => index % 2 === 1)
      .map(({ id }) => id)
      .slice(0, 1000),
  );
  expect(moved[1]).toEqual(records[3]);
  const [aggregated] = await findAll(store, { auditID: counted.data.auditID });
  expect(aggregated?.data.sallyport.aggregated?.count).toBe(7);
  expect((await store.partitions()).map(({ name, events }) => [name, events])).toEqual([
    ['20261120', 121],
    ['20261121', 1440],
    ['20261122', 940],
  ]);

  // An event that Kafka delivers again after the move is still the same event, and new ones come after the old ones.
  const later = sampleAuditRecord({ session: 'odd', time: start });
  await store.add([records[1]!, later]);
  const [newest] = (await store.find(auditQuerySchema.parse({ session: 'odd' }))).events;
  expect(newest).toEqual(later);
  expect((await store.partitions()).reduce((sum, { events }) => sum + events, 0)).toBe(2502);
  await store.close();
}, 120_000);

it('continues a move that was interrupted', async () => {
  const database = createPgliteDatabase({});
  const records = Array.from({ length: 3000 }, (_none, index) => sampleAuditRecord({ time: start + index * 1000 }));
  await fillOld(database, records, sampleAuditRecord({ time: start }));
  let batches = 0;
  const interrupted = createSqlAuditStore({
    ...database,
    transaction: async (statements) => {
      if (statements.some(({ sql }) => sql.startsWith('delete from audit_events_unpartitioned')) && (batches += 1) > 2)
        throw new Error('the process has ended');
      return database.transaction(statements);
    },
    close: async () => undefined,
  });
  await expect(interrupted.find(auditQuerySchema.parse({}))).rejects.toMatchObject({ code: 'service-unavailable' });
  await pause(500);
  await interrupted.close();
  const store = createSqlAuditStore(database);
  expect((await findAll(store, {})).map(({ id }) => id)).toEqual(records.slice(0, 1000).map(({ id }) => id));
  expect((await store.partitions()).reduce((sum, { events }) => sum + events, 0)).toBe(3001);
  await store.close();
}, 120_000);
