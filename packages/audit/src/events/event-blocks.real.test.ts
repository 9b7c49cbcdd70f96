import { expect, it } from '@jest/globals';
import { sampleAuditRecord } from '@sallyport/audit-log';
import { auditQuerySchema } from '@sallyport/contracts';
import { createPgliteDatabase } from '../database/pglite-database.ts';
import { createStores } from '../stores/open-stores.ts';

it('gives events the terms of their own block, also where a block ends and after another replica has stored', async () => {
  const database = createPgliteDatabase({});
  const stores = createStores(database);
  const records = Array.from({ length: 30 }, () => sampleAuditRecord({ session: 'in-blocks' }));
  const moveTo = (position: number) => database.query({ sql: `select setval('audit_ingest', ${position})` });
  await stores.events.add(records.slice(0, 5));
  // Into the next block, in the middle of a batch.
  await moveTo(16_380);
  await stores.events.add(records.slice(5, 15));
  await stores.events.add(records.slice(15, 20));
  // As if another replica had stored meanwhile, and then more than the numbers of JavaScript can combine with a term.
  await moveTo(5 * 16_384);
  await stores.events.add(records.slice(20, 25));
  await moveTo(2 ** 36);
  await stores.events.add(records.slice(25, 28));
  await stores.events.add(records.slice(28));
  const [wrong] = await database.query({
    sql: `select count(*)::integer as count from audit_events where exists (select from unnest(terms) as term where term >> 32 <> ingest >> 14)`,
  });
  expect(wrong).toEqual({ count: 0 });
  const [blocks] = await database.query({ sql: 'select array_agg(distinct ingest >> 14) as all from audit_events' });
  expect((blocks!.all as unknown[]).map(Number)).toEqual([0, 1, 5, 2 ** 22]);
  const found = await stores.events.find(auditQuerySchema.parse({ session: 'in-blocks', order: 'oldest' }));
  expect(found.events.map(({ id }) => id)).toEqual(records.map(({ id }) => id));
  await stores.close();
});
