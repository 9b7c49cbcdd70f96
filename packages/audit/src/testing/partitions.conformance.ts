import { describe, expect, it } from '@jest/globals';
import { auditQuerySchema } from '@sallyport/contracts';
import { ids, makeEvent, type AuditStoreHarness } from './audit-store-harness.ts';

const day = 86_400_000;
/** Days that no other rule uses. */
const start = Date.UTC(2024, 2, 1);

/** The rules for partitions, retention and legal holds: part of the rules that every audit store follows. */
export function describePartitions(open: () => AuditStoreHarness): void {
  const find = async (query: Record<string, unknown>) =>
    ids(await open().stores.events.find(auditQuerySchema.parse(query)));
  const names = async () => (await open().stores.events.partitions()).map(({ name }) => name);
  const addAt = async (...times: number[]) => {
    const session = crypto.randomUUID();
    const records = times.map((at) => makeEvent(session, { at }));
    await open().stores.events.add(records);
    return { session, ids: records.map(({ id }) => id) };
  };

  describe('for days', () => {
    it('has a partition for each day (UTC) with events, and says how many, how large and how old', async () => {
      await addAt(start, start + day - 0.001, start + day);
      const partitions = await open().stores.events.partitions();
      expect(partitions.find(({ name }) => name === '20240301')).toEqual({
        name: '20240301',
        events: 2,
        bytes: expect.any(Number),
        oldest: '2024-03-01T00:00:00Z',
      });
      expect(partitions.find(({ name }) => name === '20240302')).toMatchObject({ events: 1 });
    });

    it('creates the partitions of the next days, also several times and on several replicas', async () => {
      const replica = open().replica();
      await Promise.all([open().stores.events.prepare(start + 10 * day), replica.events.prepare(start + 10 * day)]);
      await replica.close();
      expect(await names()).toEqual(expect.arrayContaining(['20240311', '20240312', '20240313']));
    });

    it('drops a day when all of it is past retention, not before', async () => {
      const { session, ids: added } = await addAt(start + 20 * day, start + 21 * day);
      await open().stores.events.trim({ before: start + 21 * day - 1 });
      expect(await find({ session, order: 'oldest' })).toEqual(added);
      await open().stores.events.trim({ before: start + 21 * day });
      expect(await find({ session })).toEqual(added.slice(1));
      expect(await names()).not.toContain('20240321');
    });

    it('keeps every day that a legal hold touches, whole, until the hold ends', async () => {
      const { session, ids: added } = await addAt(...[30, 31, 32, 33].map((days) => start + days * day));
      const noon = start + 31.5 * day;
      const holds = [{ name: 'a case', from: noon, until: noon + day }];
      await open().stores.events.trim({ before: start + 60 * day, holds });
      expect(await find({ session, order: 'oldest' })).toEqual(added.slice(1, 3));
      await open().stores.events.trim({ keep: 0, keepAnonymous: 0, holds });
      expect(await find({ session, order: 'oldest' })).toEqual(added.slice(1, 3));
      await open().stores.events.trim({
        before: start + 60 * day,
        holds: [{ name: 'another', from: start + 32 * day }],
      });
      expect(await find({ session })).toEqual(added.slice(2, 3));
      await open().stores.events.trim({ keep: 0 });
      expect(await find({ session })).toEqual([]);
    });

    it('finds events of any year, stores them once, and creates no partitions for those of impossible years', async () => {
      const years = [1970, 2019, 2100, 9000].map((year) => Date.UTC(year, 5, 1));
      const session = crypto.randomUUID();
      const records = years.map((at) => makeEvent(session, { at }));
      await open().stores.events.add(records);
      await open().stores.events.add(records);
      expect(await find({ session, order: 'oldest' })).toEqual(records.map(({ id }) => id));
      expect(await find({ session, until: '2000-01-01T00:00:00Z' })).toEqual([records[0]!.id]);
      const impossible = (await names()).filter((name) => !name.startsWith('20'));
      expect(impossible).toEqual(['future', 'past']);
      // Events from the past are past retention. Those from the future are judged by when they were stored.
      await open().stores.events.trim({ before: Date.now() - day });
      expect(await find({ session, order: 'oldest' })).toEqual(records.slice(2).map(({ id }) => id));
      await open().stores.events.trim({ before: Date.now() + day });
      expect(await find({ session })).toEqual([]);
    });

    it('stores events of a day that was dropped', async () => {
      await addAt(start + 70 * day);
      await open().stores.events.trim({ before: start + 80 * day });
      const { session, ids: added } = await addAt(start + 70 * day);
      expect(await find({ session })).toEqual(added);
    });
  });
}
