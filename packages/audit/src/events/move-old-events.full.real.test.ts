import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { sampleAuditRecord } from '@sallyport/audit-log';
import { auditQuerySchema, type AuditRecord } from '@sallyport/contracts';
import { eventually } from '@sallyport/kit/testing';
import { createPgliteDatabase } from '../database/pglite-database.ts';
import type { SqlDatabase } from '../database/sql-database.ts';
import { firstMigrations } from '../schema/first-migrations.ts';
import { createStores } from '../stores/open-stores.ts';
import type { EventStore } from './event-store.ts';

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

async function findAll(events: EventStore, query: Record<string, unknown>): Promise<AuditRecord[]> {
  const asked = auditQuerySchema.parse({ limit: 1000, order: 'oldest', ...query });
  return (await eventually('an answer', () => events.find(asked))).events;
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

  const stores = createStores(database);
  const moved = await findAll(stores.events, { session: 'odd' });
  expect(moved.map(({ id }) => id)).toEqual(
    records
      .filter((_one, index) => index % 2 === 1)
      .map(({ id }) => id)
      .slice(0, 1000),
  );
  expect(moved[1]).toEqual(records[3]);
  const [aggregated] = await findAll(stores.events, { auditID: counted.data.auditID });
  expect(aggregated?.data.sallyport.aggregated?.count).toBe(7);
  expect((await stores.events.partitions()).map(({ name, events }) => [name, events])).toEqual([
    ['20261120', 121],
    ['20261121', 1440],
    ['20261122', 940],
  ]);

  // An event that Kafka delivers again after the move is still the same event, and new ones come after the old ones.
  const later = sampleAuditRecord({ session: 'odd', time: start });
  await stores.events.add([records[1]!, later]);
  const [newest] = (await stores.events.find(auditQuerySchema.parse({ session: 'odd' }))).events;
  expect(newest).toEqual(later);
  expect((await stores.events.partitions()).reduce((sum, { events }) => sum + events, 0)).toBe(2502);
  await stores.close();
});

it('continues a move that was interrupted', async () => {
  const database = createPgliteDatabase({});
  const records = Array.from({ length: 3000 }, (_none, index) => sampleAuditRecord({ time: start + index * 1000 }));
  await fillOld(database, records, sampleAuditRecord({ time: start }));
  let batches = 0;
  const interrupted = createStores({
    ...database,
    transaction: async (statements) => {
      if (statements.some(({ sql }) => sql.startsWith('delete from audit_events_unpartitioned')) && (batches += 1) > 2)
        throw new Error('the process has ended');
      return database.transaction(statements);
    },
    close: async () => undefined,
  });
  await expect(interrupted.events.find(auditQuerySchema.parse({}))).rejects.toMatchObject({
    code: 'service-unavailable',
  });
  await pause(500);
  await interrupted.close();
  const stores = createStores(database);
  expect((await findAll(stores.events, {})).map(({ id }) => id)).toEqual(records.slice(0, 1000).map(({ id }) => id));
  expect((await stores.events.partitions()).reduce((sum, { events }) => sum + events, 0)).toBe(3001);
  await stores.close();
});
