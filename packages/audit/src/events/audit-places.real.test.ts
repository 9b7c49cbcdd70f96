import { expect, it } from '@jest/globals';
import { sampleAuditRecord } from '@sallyport/audit-log';
import type { AuditRecord } from '@sallyport/contracts';
import { createPgliteDatabase } from '../database/pglite-database.ts';
import { createStores } from '../stores/open-stores.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 10, 20, 12);
const hashOf = (seq: number) => seq.toString(16).padStart(64, '0');

/** Returns an event with its place in a chain. */
function inChain(seq: number, changes: { anonymous?: boolean; time?: number } = {}): AuditRecord {
  const record = sampleAuditRecord({ time: changes.time ?? start + seq });
  Object.assign(record.data.sallyport, { producer: 'proxy/a', seq, prevHash: hashOf(seq - 1), hash: hashOf(seq) });
  if (changes.anonymous) {
    record.data.user = {};
    delete record.data.sallyport.identity;
  }
  return record;
}

it('keeps the place of every event in its chain, once, also of those that were aggregated into another', async () => {
  const database = createPgliteDatabase({});
  const stores = createStores(database);
  const places = () =>
    database.query({ sql: 'select producer, seq::integer, prev_hash, hash from audit_places order by seq' });
  const expected = (...seqs: number[]) =>
    seqs.map((seq) => ({ producer: 'proxy/a', seq, prev_hash: hashOf(seq - 1), hash: hashOf(seq) }));
  const records = [1, 2, 3, 4, 5, 6].map((seq) => inChain(seq, { anonymous: seq > 1 && seq < 6 }));
  await stores.events.add(records.slice(0, 3));
  await stores.events.add(records);
  await stores.events.add(records.slice(2));
  expect(await places()).toEqual(expected(1, 2, 3, 4, 5, 6));
  const [stored] = await database.query({ sql: 'select count(*)::integer as count from audit_events' });
  expect(stored).toEqual({ count: 3 });

  // Old events and those with a malformed place have none.
  const malformed = inChain(7);
  Object.assign(malformed.data.sallyport, { hash: 'x' });
  await stores.events.add([sampleAuditRecord({ time: start }), malformed]);
  expect(await places()).toHaveLength(6);

  // A day goes with its places.
  await stores.events.add([inChain(8, { time: start + day }), inChain(9, { time: start + day, anonymous: true })]);
  await stores.events.trim({ before: start + 0.5 * day });
  expect(await places()).toEqual(expected(8, 9));

  // The places of aggregated events are limited, so that nobody can fill the disk with them.
  await stores.events.add([inChain(10, { time: start + 2 * day, anonymous: true })]);
  await stores.events.trim({ keepPlaces: 1 });
  expect(await places()).toEqual(expected(8, 10));
  await stores.close();
});
