import { afterAll, expect, it } from '@jest/globals';
import { createPgliteDatabase } from '../database/pglite-database.ts';
import { migrate } from './migrations.ts';

const database = createPgliteDatabase({});
afterAll(() => database.close());

const first = 'create table first (id integer)';
const addition = { sql: 'create table addition (id integer)', usableFrom: 1 };
const break3 = 'alter table first rename to changed';

it('lets an earlier version use the schema for as long as the later ones say that it can', async () => {
  await migrate(database, [first]);
  await migrate(database, [first, addition]);
  await migrate(database, [first]);
  await migrate(database, [first, addition, break3]);
  for (const known of [[first], [first, addition]])
    await expect(migrate(database, known)).rejects.toMatchObject({
      code: 'service-unavailable',
      detail: expect.stringContaining('schema 3, which versions from schema 3 on can use'),
    });
  await migrate(database, [first, addition, break3]);
  expect(await database.query({ sql: 'select version, usable_from from audit_migrations order by version' })).toEqual([
    { version: 1, usable_from: 1 },
    { version: 2, usable_from: 1 },
    { version: 3, usable_from: 3 },
  ]);
});

it('applies each step once if several replicas start at the same time', async () => {
  const steps = [first, addition, break3, { sql: 'insert into changed values (1)', usableFrom: 3 }];
  await Promise.all(Array.from({ length: 5 }, () => migrate(database, steps)));
  expect(await database.query({ sql: 'select id from changed' })).toEqual([{ id: 1 }]);
});
