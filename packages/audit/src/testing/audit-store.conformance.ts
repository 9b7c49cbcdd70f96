import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditQuerySchema } from '@sallyport/contracts';
import type { EventStore, OnlyOf } from '../events/event-store.ts';
import { describeAnonymousEvents } from './anonymous-events.conformance.ts';
import { describeAuditQueries } from './audit-queries.conformance.ts';
import { hour, ids, makeEvent, midday, type AuditStoreHarness } from './audit-store-harness.ts';
import { describeClusterEvents } from './cluster-events.conformance.ts';
import { describeElevationReport } from './elevation-report.conformance.ts';
import { describeLargeEvents } from './large-events.conformance.ts';
import { describeLiveJoin } from './live-join.conformance.ts';
import { describePartitions } from './partitions.conformance.ts';
import { describeProof } from './proof.conformance.ts';
import { describeRecordings } from './recordings.conformance.ts';
import { describeReport } from './report.conformance.ts';
import { describeRequestsView } from './requests-view.conformance.ts';
import { describeRoutine } from './routine.conformance.ts';
import { describeSummary } from './summary.conformance.ts';
import { describeVisibleEvents } from './visible-events.conformance.ts';

export type { AuditStoreHarness };

/** The rules that every audit store follows. */
export function describeAuditStore(name: string, open: () => Promise<AuditStoreHarness>): void {
  describe(`an audit store (${name})`, () => {
    let harness: AuditStoreHarness;
    let store: EventStore;
    const find = (query: Record<string, unknown> = {}, only?: OnlyOf) =>
      store.find(auditQuerySchema.parse(query), only);
    /** Adds events of a new session, so that no test sees the events of another. */
    const added = async (count: number, changes: Parameters<typeof makeEvent>[1] = {}) => {
      const session = crypto.randomUUID();
      const records = Array.from({ length: count }, () => makeEvent(session, changes));
      await store.add(records);
      return { session, records, ids: records.map((record) => record.id) };
    };
    beforeAll(async () => {
      harness = await open();
      store = harness.stores.events;
      await harness.stores.ping();
    });
    afterAll(() => harness.close());

    it('returns an event unchanged, to the microsecond and to the last odd character', async () => {
      const session = crypto.randomUUID();
      const record = makeEvent(session, { at: midday + 0.125, namespace: 'ü\0\ud800' });
      record.data.requestURI = '/\0\ud800"\\u0000';
      Object.assign(record.data, { ofANewerVersion: [1] });
      await store.add([record]);
      expect((await find({ session })).events).toEqual([record]);
    });

    it('stores an event once, however often and through whichever replica it is added', async () => {
      const { session, records } = await added(3);
      const replica = harness.replica();
      await Promise.all([
        store.add(records),
        replica.events.add(records.toReversed()),
        store.add([records[1]!, records[1]!]),
      ]);
      await replica.close();
      expect(ids(await find({ session, order: 'oldest' }))).toEqual(records.map((record) => record.id));
    });

    it('remembers how far a topic is stored, and says so when messages before those it is given are missing', async () => {
      const topic = crypto.randomUUID();
      const session = crypto.randomUUID();
      const [first, second, third] = [makeEvent(session), makeEvent(session), makeEvent(session)];
      const place = (from: number, next: number, partition = 3) => ({ topic, partition, first: from, next });
      const positions = async () => Object.fromEntries(await store.positions(topic));
      await store.add([first], place(10, 11));
      // Messages that are not events.
      await store.add([], place(11, 15));
      await store.add([second], place(15, 16));
      await store.add([second], place(4, 5, 4));
      expect(await positions()).toEqual({ 3: 16, 4: 5 });
      // It has lost the last transactions.
      await harness.run('update audit_positions set next = 11 where topic = $1 and partition = 3', [topic]);
      for (const records of [[third], []])
        await expect(store.add(records, place(16, 17))).rejects.toMatchObject({ name: 'StoreBehindError', next: 11 });
      expect(await positions()).toEqual({ 3: 11, 4: 5 });
      // Otherwise it would be stored before those.
      expect(ids(await find({ session })).toSorted()).toEqual([first, second].map(({ id }) => id).toSorted());
      await store.add([second], place(11, 16));
      await store.add([third], place(16, 17));
      // Delivered again.
      await store.add([first], place(10, 11));
      expect(await positions()).toEqual({ 3: 17, 4: 5 });
      expect(ids(await find({ session, order: 'oldest' })).toSorted()).toEqual(
        [first, second, third].map(({ id }) => id).toSorted(),
      );
      // Kafka has deleted what is missing.
      await store.add([], { ...place(30, 31), isOldest: true });
      expect(await positions()).toEqual({ 3: 31, 4: 5 });
    });

    it('changes nothing if one of its statements fails, and says why', async () => {
      const session = crypto.randomUUID();
      const names = async () => (await store.partitions()).map((one) => one.name);
      const before = await names();
      await harness.run('alter table audit_blocks rename to audit_blocks_away', []);
      const adding = store.add([makeEvent(session, { at: midday - 700 * 24 * hour })]);
      await expect(adding).rejects.toThrow('relation "audit_blocks" does not exist');
      await harness.run('alter table audit_blocks_away rename to audit_blocks', []);
      expect(ids(await find({ session }))).toEqual([]);
      expect(await names()).toEqual(before);
      const record = makeEvent(session);
      await store.add([record]);
      expect(ids(await find({ session }))).toEqual([record.id]);
    });

    it('stores an event with any names from a client, and finds it by them', async () => {
      const session = crypto.randomUUID();
      // Incompressible characters of four bytes, which would be too large for an index.
      const name = () =>
        Array.from({ length: 480 }, () => String.fromCodePoint(0x10000 + Math.floor(Math.random() * 0xf0000)))
          .join('')
          .slice(0, 480)
          .toWellFormed();
      const record = makeEvent(session, { namespace: name(), who: name(), verb: name() });
      record.data.objectRef = { ...record.data.objectRef, resource: name(), name: name(), subresource: name() };
      record.data.sallyport.cluster = { id: 'x', name: name() };
      record.data.sallyport.identity!.iss = name();
      await store.add([record]);
      expect((await find({ session })).events).toEqual([record]);
      const { objectRef, sallyport, user } = record.data;
      for (const query of [
        { namespace: objectRef!.namespace },
        { resource: objectRef!.resource },
        { cluster: sallyport.cluster!.name },
        { user: user.username!.slice(0, 500) },
      ])
        expect((await find({ session, ...query })).events).toHaveLength(1);
    });

    it('does not confuse people whose identifiers have the same beginning or the same stored form', async () => {
      const session = crypto.randomUUID();
      await store.add([
        makeEvent(session, { who: 'a'.repeat(501) }),
        makeEvent(session, { who: 'a\0' }),
        makeEvent(session, { who: 'a\ud800' }),
      ]);
      for (const subject of ['a'.repeat(500), 'a\ufffd'])
        expect(await find({ session }, { issuer: 'https://idp.example.com', subject })).toMatchObject({ events: [] });
    });

    it('stores all of a batch or nothing, and reports when it can never store one of its events', async () => {
      const session = crypto.randomUUID();
      const unstorable = { ...makeEvent(session), time: '-271821-04-20T00:00:00.000Z' };
      await expect(store.add([makeEvent(session), unstorable])).rejects.toMatchObject({ name: 'UnstorableError' });
      expect(ids(await find({ session }))).toEqual([]);
    });

    it.each(['newest', 'oldest'] as const)('pages through everything once, %s first', async (order) => {
      const made = await added(25);
      const expected = order === 'newest' ? made.ids.toReversed() : made.ids;
      const seen: string[] = [];
      let after: string | undefined;
      for (let pages = 0; pages < 10; pages += 1) {
        const page = await find({ session: made.session, order, limit: 10, ...(after === undefined ? {} : { after }) });
        expect(page.events.length).toBeLessThanOrEqual(10);
        seen.push(...ids(page));
        // New events do not affect the older pages.
        if (order === 'newest') await store.add([makeEvent(made.session)]);
        after = page.next;
        if (after === undefined) break;
      }
      expect(seen).toEqual(expected);
    });

    it('returns a cursor from which exactly the later events are read, in either order', async () => {
      const { session } = await added(3);
      const { latest } = await find({ session });
      expect(latest).toBeDefined();
      expect(ids(await find({ session, after: latest, order: 'oldest' }))).toEqual([]);
      const later = [makeEvent(session), makeEvent(session), makeEvent(session)];
      await store.add(later);
      const laterIds = later.map((record) => record.id);
      const tail = await find({ session, after: latest, order: 'oldest' });
      expect(ids(tail)).toEqual(laterIds);
      expect(ids(await find({ session, after: tail.latest, order: 'oldest' }))).toEqual([]);
      const newest = await find({ session, after: latest, limit: 2 });
      expect(ids(newest)).toEqual(laterIds.slice(1).toReversed());
      expect(ids(await find({ session, after: newest.next, limit: 2 }))).toEqual(laterIds.slice(0, 1));
    });

    it('loses no event for a reader who continues while several writers add', async () => {
      const session = crypto.randomUUID();
      const replica = harness.replica();
      const written = Array.from({ length: 200 }, () => makeEvent(session));
      let after = (await find({ session })).latest;
      const writing = Promise.all(
        [store, replica.events].map(async (one, half) => {
          for (let at = half; at < written.length; at += 2) await one.add([written[at]!]);
        }),
      );
      const seen: string[] = [];
      for (let turns = 0; turns < 2000 && seen.length < written.length; turns += 1) {
        const page = await find({ session, after, order: 'oldest', limit: 7 });
        seen.push(...ids(page));
        after = page.next ?? page.latest;
      }
      await writing;
      await replica.close();
      expect(seen.toSorted()).toEqual(written.map((record) => record.id).toSorted());
    });

    it('shows a person only their own events, and no cursors of others', async () => {
      const session = crypto.randomUUID();
      const records = [makeEvent(session), makeEvent(session, { who: 'bob' }), makeEvent(session)];
      await store.add(records);
      const page = await find({ session }, { issuer: 'https://idp.example.com', subject: 'alice' });
      expect(ids(page)).toEqual([records[2]!.id, records[0]!.id]);
      expect(
        ids(await find({ session, subject: 'bob' }, { issuer: 'https://idp.example.com', subject: 'alice' })),
      ).toEqual([]);
      expect(ids(await find({ session }, { issuer: 'https://other.example.com', subject: 'alice' }))).toEqual([]);
      const nobody = await find({}, { issuer: 'https://idp.example.com', subject: 'nobody' });
      expect(nobody).toEqual({ events: [], latest: expect.any(String) });
      await store.add([makeEvent(session, { who: 'bob' })]);
      expect((await find({}, { issuer: 'https://idp.example.com', subject: 'nobody' })).latest).toBe(nobody.latest);
    });

    it('deletes events that are too old or beyond the limit', async () => {
      const old = await added(4, { at: midday - 100 * 24 * hour });
      const recent = await added(6);
      expect(await store.trim({ before: midday - 90 * 24 * hour })).toBe(4);
      expect(ids(await find({ session: old.session }))).toEqual([]);
      expect(await store.trim({ before: midday - 90 * 24 * hour })).toBe(0);
      await store.trim({ keep: 5 });
      expect((await find({})).events).toHaveLength(5);
      expect(ids(await find({ session: recent.session, order: 'oldest' }))).toEqual(recent.ids.slice(1));
      expect(await store.trim({ keep: 5 })).toBe(0);
    });

    describeAuditQueries(() => harness);

    describeVisibleEvents(() => harness);

    describeRequestsView(() => harness);
    describeRoutine(() => harness);

    describeReport(() => harness);
    describeSummary(() => harness);
    describeRecordings(() => harness);
    describeElevationReport(() => harness);

    describeAnonymousEvents(() => harness);

    describeLargeEvents(() => harness);

    describePartitions(() => harness);

    describeProof(() => harness);

    describeClusterEvents(() => harness);

    describeLiveJoin(() => harness);

    it('can be used', async () => {
      await expect(harness.stores.ping()).resolves.toBeUndefined();
    });
  });
}
