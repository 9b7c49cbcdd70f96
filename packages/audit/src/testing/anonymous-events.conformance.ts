import { describe, expect, it } from '@jest/globals';
import { auditQuerySchema, type AuditRecord } from '@sallyport/contracts';
import { hour, makeEvent, midday, type AuditStoreHarness } from './audit-store-harness.ts';

/** Turns an event into a request that was refused before its caller was identified. */
function asRefused(
  record: AuditRecord,
  { address = '203.0.113.9', path = '/api' }: { address?: string; path?: string },
): AuditRecord {
  record.data.user = {};
  record.data.requestURI = path;
  delete record.data.sallyport.identity;
  record.data.sallyport.clientAddress = address;
  return record;
}

/** The rules for events of anonymous callers: part of the rules that every audit store follows. */
export function describeAnonymousEvents(open: () => AuditStoreHarness): void {
  const refused = (
    session: string,
    { at = midday, code = 401, ...changes }: { at?: number; code?: number; address?: string; path?: string } = {},
  ) => asRefused(makeEvent(session, { at, code }), changes);
  const find = (query: Record<string, unknown>) => open().stores.events.find(auditQuerySchema.parse(query));

  describe('for events of anonymous callers', () => {
    it('aggregates repeated events of an anonymous caller into the newest, with a count', async () => {
      const session = crypto.randomUUID();
      const records = Array.from({ length: 40 }, (_none, index) =>
        refused(session, { at: midday + index + 0.25, path: `/${index}` }),
      );
      await open().stores.events.add(records.slice(0, 1));
      expect((await find({ session })).events).toEqual([records[0]]);
      await open().stores.events.add(records.slice(1, 25));
      await open().stores.events.add([makeEvent(session), ...records.slice(25)]);
      const others = [
        refused(session, { code: 403 }),
        refused(session, { address: '203.0.113.10' }),
        refused(session, { at: midday + hour }),
      ];
      await open().stores.events.add(others);
      const { events } = await find({ session, order: 'oldest' });
      const aggregated = {
        count: 40,
        firstTimestamp: '2026-11-25T12:00:00.000250Z',
        lastTimestamp: '2026-11-25T12:00:00.039250Z',
        address: '203.0.113.9',
        cause: 'k8s.request 401',
      };
      const newest = records[39]!;
      expect(events).toHaveLength(5);
      expect(events).toContainEqual({
        ...newest,
        data: { ...newest.data, sallyport: { ...newest.data.sallyport, aggregated } },
      });
      for (const other of others) expect(events).toContainEqual(other);
    });

    it('counts an anonymous event once, however often, with whichever others and through whichever replica it is added', async () => {
      const session = crypto.randomUUID();
      const records = Array.from({ length: 30 }, (_none, index) => refused(session, { at: midday + index }));
      const replica = open().replica();
      await Promise.all([
        open().stores.events.add(records.slice(0, 20)),
        replica.events.add(records.toReversed()),
        open().stores.events.add([records[1]!, records[1]!, ...records]),
      ]);
      await replica.close();
      await open().stores.events.add(records);
      const { events } = await find({ session });
      expect(events.map((record) => record.data.sallyport.aggregated?.count)).toEqual([30]);
      // Their ids are not kept forever, but the events are still not counted again.
      await open().stores.events.trim({ rememberIds: 0 });
      await open().stores.events.add(records);
      expect((await find({ session })).events.map((record) => record.data.sallyport.aggregated?.count)).toEqual([30]);
      await open().stores.events.add([refused(session, { at: midday + 60_000 })]);
      expect((await find({ session })).events.map((record) => record.data.sallyport.aggregated?.count)).toEqual([31]);
    });

    it('adds to an event that was aggregated before it was added', async () => {
      const session = crypto.randomUUID();
      const aggregated = refused(session, { at: midday + 5000 });
      const own = {
        count: 500,
        firstTimestamp: '2026-11-25T12:00:00.000000Z',
        lastTimestamp: '2026-11-25T12:00:05.000000Z',
        addresses: 3,
      };
      aggregated.data.sallyport.aggregated = own;
      await open().stores.events.add([aggregated]);
      expect((await find({ session })).events).toEqual([aggregated]);
      await open().stores.events.add([refused(session, { at: midday + 9000 })]);
      expect((await find({ session })).events.map((record) => record.data.sallyport.aggregated)).toEqual([
        expect.objectContaining({
          count: 501,
          firstTimestamp: own.firstTimestamp,
          lastTimestamp: '2026-11-25T12:00:09.000000Z',
        }),
      ]);
    });

    it.each([0, -5, 1.5, 1e300, Number.NaN])('counts an event that claims a count of %d as one', async (count) => {
      const session = crypto.randomUUID();
      const aggregated = refused(session);
      aggregated.data.sallyport.aggregated = { count, firstTimestamp: 'never', lastTimestamp: '' };
      await open().stores.events.add([aggregated, refused(session)]);
      expect((await find({ session })).events.map((record) => record.data.sallyport.aggregated?.count)).toEqual([2]);
    });

    it('shows a grown count to readers who continue from a cursor, and finds it by every time in its range', async () => {
      const session = crypto.randomUUID();
      await open().stores.events.add([refused(session)]);
      const { latest } = await find({ session });
      await open().stores.events.add([
        refused(session, { at: midday + 20_000 }),
        refused(session, { at: midday + 30_000 }),
      ]);
      const later = await find({ session, after: latest, order: 'oldest' });
      expect(later.events.map((record) => record.data.sallyport.aggregated?.count)).toEqual([3]);
      const at = (seconds: number) => new Date(midday + seconds * 1000).toISOString();
      expect((await find({ session, since: at(10) })).events).toHaveLength(1);
      expect((await find({ session, until: at(10) })).events).toHaveLength(1);
      expect((await find({ session, since: at(31) })).events).toHaveLength(0);
      expect((await find({ session, until: at(0) })).events).toHaveLength(0);
    });

    it('never deletes an event of a person to make room for anonymous ones, or the reverse', async () => {
      await open().stores.events.trim({ keep: 0, keepAnonymous: 0 });
      const session = crypto.randomUUID();
      const own = [makeEvent(session), makeEvent(session), makeEvent(session)];
      await open().stores.events.add(own);
      const addresses = Array.from({ length: 60 }, (_none, index) => `2001:db8:0:${index.toString(16)}::1`);
      for (let turn = 0; turn < 3; turn += 1)
        await open().stores.events.add(addresses.map((address) => refused(session, { address, at: midday + turn })));
      expect(await open().stores.events.trim({ keep: 3, keepAnonymous: 10 })).toBe(50);
      const { events } = await find({ session, order: 'oldest' });
      expect(events.slice(0, 3)).toEqual(own);
      expect(events.slice(3).map(({ data }) => data.sallyport.clientAddress)).toEqual(addresses.slice(50));
      expect(events.slice(3).map(({ data }) => data.sallyport.aggregated?.count)).toEqual(
        Array.from({ length: 10 }, () => 3),
      );
      await open().stores.events.add(Array.from({ length: 9 }, () => makeEvent(session)));
      await open().stores.events.trim({ keep: 3, keepAnonymous: 10 });
      expect((await find({ session, code: 401 })).events).toHaveLength(10);
      expect((await find({ session, code: 200 })).events).toHaveLength(3);
    });
  });
}
