// oxlint-disable max-lines-per-function -- a suite of tests is as long as its rules
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditQuerySchema, type AuditPage, type AuditRecord } from '@sallyport/contracts';
import { sampleAuditRecord } from '@sallyport/audit-log';
import fc from 'fast-check';
import { describeAnonymousEvents } from './anonymous-events.conformance.ts';
import { describeLargeEvents } from './large-events.conformance.ts';
import type { AuditStore, OnlyOf } from '../store/audit-store.ts';

/** What a backend brings: an empty store, and how to open another one on the same database. */
export type AuditStoreBed = { store: AuditStore; replica(): AuditStore; close(): Promise<void> };

const hour = 3_600_000;
const midday = Date.UTC(2026, 10, 25, 12);
const ids = (page: AuditPage) => page.events.map((record) => record.id);

function event(
  session: string,
  changes: { at?: number; who?: string; verb?: string; code?: number; namespace?: string } = {},
): AuditRecord {
  const { at = midday, who = 'alice', verb = 'list', code = 200, namespace = 'dev' } = changes;
  const record = sampleAuditRecord({
    session,
    time: at,
    data: {
      verb,
      responseStatus: { code },
      objectRef: { resource: 'pods', subresource: 'log', name: 'web-0', namespace },
      user: { username: `${who}@example.com` },
    },
  });
  record.data.sallyport.identity = { iss: 'https://idp.example.com', sub: who, groups: [] };
  return record;
}

/** The rules that every audit store keeps. */
export function describeAuditStore(name: string, open: () => Promise<AuditStoreBed>): void {
  describe(`an audit store (${name})`, () => {
    let bed: AuditStoreBed;
    let store: AuditStore;
    const find = (query: Record<string, unknown> = {}, only?: OnlyOf) =>
      store.find(auditQuerySchema.parse(query), only);
    /** Events of a session of their own, so that no test sees another's. */
    const added = async (count: number, changes: Parameters<typeof event>[1] = {}) => {
      const session = crypto.randomUUID();
      const records = Array.from({ length: count }, () => event(session, changes));
      await store.add(records);
      return { session, records, ids: records.map((record) => record.id) };
    };
    beforeAll(async () => {
      bed = await open();
      ({ store } = bed);
      await store.ping();
    }, 60_000);
    afterAll(() => bed.close(), 30_000);

    it('gives back an event as it was, to the microsecond and the last odd character', async () => {
      const session = crypto.randomUUID();
      const record = event(session, { at: midday + 0.125, namespace: 'ü\0\ud800' });
      record.data.requestURI = '/\0\ud800"\\u0000';
      Object.assign(record.data, { ofANewerVersion: [1] });
      await store.add([record]);
      expect((await find({ session })).events).toEqual([record]);
    });

    it('stores an event once, however often and by whomever it is given', async () => {
      const { session, records } = await added(3);
      const replica = bed.replica();
      await Promise.all([store.add(records), replica.add(records.toReversed()), store.add([records[1]!, records[1]!])]);
      await replica.close();
      expect(ids(await find({ session, order: 'oldest' }))).toEqual(records.map((record) => record.id));
    });

    it('stores an event whatever a client named in it, and finds it by that', async () => {
      const session = crypto.randomUUID();
      // Characters of four bytes that cannot be compressed: what would be too large for an index.
      const name = () =>
        Array.from({ length: 480 }, () => String.fromCodePoint(0x10000 + Math.floor(Math.random() * 0xf0000)))
          .join('')
          .slice(0, 480)
          .toWellFormed();
      const record = event(session, { namespace: name(), who: name(), verb: name() });
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

    it('shows nobody the events of a person whose identifier merely begins like theirs, or looks like it when it is stored', async () => {
      const session = crypto.randomUUID();
      await store.add([
        event(session, { who: 'a'.repeat(501) }),
        event(session, { who: 'a\0' }),
        event(session, { who: 'a\ud800' }),
      ]);
      for (const subject of ['a'.repeat(500), 'a\ufffd'])
        expect(await find({ session }, { issuer: 'https://idp.example.com', subject })).toMatchObject({ events: [] });
    });

    it('stores all of a batch or nothing, and says when it will never take one of it', async () => {
      const session = crypto.randomUUID();
      const unstorable = { ...event(session), time: '-271821-04-20T00:00:00.000Z' };
      await expect(store.add([event(session), unstorable])).rejects.toMatchObject({ name: 'UnstorableError' });
      expect(ids(await find({ session }))).toEqual([]);
    });

    it.each([
      ['auditID', 'other'],
      ['user', 'bob@example.com'],
      ['issuer', 'https://other.example.com'],
      ['subject', 'bob'],
      ['cluster', 'prod'],
      ['namespace', 'kube-system'],
      ['resource', 'secrets'],
      ['subresource', 'exec'],
      ['name', 'web-1'],
      ['verb', 'delete'],
      ['type', 'login.failed'],
      ['stage', 'RequestReceived'],
      ['effect', 'deny'],
      ['code', 403],
    ] as const)('finds by %s', async (condition, other) => {
      const { session, records } = await added(1);
      const { data, type } = records[0]!;
      const own = {
        auditID: data.auditID,
        user: 'alice@example.com',
        issuer: 'https://idp.example.com',
        subject: 'alice',
        cluster: 'dev',
        namespace: 'dev',
        resource: 'pods',
        subresource: 'log',
        name: 'web-0',
        verb: 'list',
        type,
        stage: 'ResponseComplete',
        effect: 'allow',
        code: 200,
      }[condition];
      expect((await find({ session, [condition]: own })).events).toHaveLength(1);
      expect((await find({ session, [condition]: other })).events).toHaveLength(0);
    });

    it('finds from a time on and before a time', async () => {
      const session = crypto.randomUUID();
      const records = [0, 1, 2].map((hours) => event(session, { at: midday + hours * hour }));
      await store.add(records);
      const [first, second, third] = records.map((record) => record.id);
      const at = (hours: number) => new Date(midday + hours * hour).toISOString();
      expect(ids(await find({ session, since: at(1) }))).toEqual([third, second]);
      expect(ids(await find({ session, until: at(1) }))).toEqual([first]);
      expect(ids(await find({ session, since: at(1), until: '2026-11-25T15:00:00+01:00' }))).toEqual([second]);
    });

    it('finds a value that means something in SQL as the text that it is', async () => {
      const { session } = await added(1, { namespace: `x' or '1'='1` });
      expect((await find({ session, namespace: `x' or '1'='1` })).events).toHaveLength(1);
      expect((await find({ session, namespace: `' or ''='` })).events).toHaveLength(0);
      expect((await find({ session, namespace: `%` })).events).toHaveLength(0);
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
        // What comes meanwhile does not disturb the pages back from the newest.
        if (order === 'newest') await store.add([event(made.session)]);
        after = page.next;
        if (after === undefined) break;
      }
      expect(seen).toEqual(expected);
    });

    it('gives a place from which exactly the events that come later are read, either way round', async () => {
      const { session } = await added(3);
      const { latest } = await find({ session });
      expect(latest).toBeDefined();
      expect(ids(await find({ session, after: latest, order: 'oldest' }))).toEqual([]);
      const later = [event(session), event(session), event(session)];
      await store.add(later);
      const laterIds = later.map((record) => record.id);
      const tail = await find({ session, after: latest, order: 'oldest' });
      expect(ids(tail)).toEqual(laterIds);
      expect(ids(await find({ session, after: tail.latest, order: 'oldest' }))).toEqual([]);
      const newest = await find({ session, after: latest, limit: 2 });
      expect(ids(newest)).toEqual(laterIds.slice(1).toReversed());
      expect(ids(await find({ session, after: newest.next, limit: 2 }))).toEqual(laterIds.slice(0, 1));
    });

    it('loses nobody who reads on while several write', async () => {
      const session = crypto.randomUUID();
      const replica = bed.replica();
      const written = Array.from({ length: 200 }, () => event(session));
      let after = (await find({ session })).latest;
      const writing = Promise.all(
        [store, replica].map(async (one, half) => {
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
    }, 30_000);

    it('shows a person only their own events, and no places of others', async () => {
      const session = crypto.randomUUID();
      const records = [event(session), event(session, { who: 'bob' }), event(session)];
      await store.add(records);
      const page = await find({ session }, { issuer: 'https://idp.example.com', subject: 'alice' });
      expect(ids(page)).toEqual([records[2]!.id, records[0]!.id]);
      expect(
        ids(await find({ session, subject: 'bob' }, { issuer: 'https://idp.example.com', subject: 'alice' })),
      ).toEqual([]);
      expect(ids(await find({ session }, { issuer: 'https://other.example.com', subject: 'alice' }))).toEqual([]);
      const nobody = await find({}, { issuer: 'https://idp.example.com', subject: 'nobody' });
      expect(nobody).toEqual({ events: [], latest: expect.any(String) });
      await store.add([event(session, { who: 'bob' })]);
      expect((await find({}, { issuer: 'https://idp.example.com', subject: 'nobody' })).latest).toBe(nobody.latest);
    });

    it.each(['x', 'MTIz', '%', Buffer.from('1:2:3').toString('base64url'), Buffer.from('1e9:').toString('base64url')])(
      'refuses the place %j, which it never gave out',
      async (after) => {
        await expect(find({ after })).rejects.toMatchObject({ code: 'bad-request' });
      },
    );

    it('answers every query that its reader lets pass, or says that it is none: it is never away because of one', async () => {
      const text = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 600 }),
        fc.constantFrom('\0', '\ud800', '%', "'", '\\', '{', '\u{1f600}', 'x'.repeat(501)),
      );
      const moment = fc.oneof(
        text,
        fc.date().map((date) => (Number.isNaN(date.getTime()) ? '' : date.toISOString())),
        fc.constantFrom(
          '0000-01-01T00:00:00Z',
          '0001-01-01T00:00:00Z',
          '9999-12-31T23:59:59-23:59',
          '2026-11-25T12:00:00+15:59',
          '2026-11-25T12:00Z',
          '2026-11-25T12:00:00.1234567890123Z',
          '2016-12-31T23:59:60Z',
        ),
      );
      const number = fc.oneof(
        fc.integer(),
        fc.double(),
        fc.constantFrom(99_999_999_999, 2 ** 31, -(2 ** 31) - 1, '0x10', ' 5 ', '1e3'),
      );
      const values: Record<string, fc.Arbitrary<unknown>> = {
        code: number,
        limit: number,
        since: moment,
        until: moment,
      };
      const one = fc
        .constantFrom(...Object.keys(auditQuerySchema.shape))
        .chain((name) => (values[name] ?? text).map((value) => [name, value] as const));
      let answered = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 2 }), async (pairs) => {
          const read = auditQuerySchema.safeParse(Object.fromEntries(pairs));
          if (!read.success) return;
          await store.find(read.data).then(
            () => (answered += 1),
            (error: unknown) => expect(error).toMatchObject({ code: 'bad-request' }),
          );
        }),
        { numRuns: 500 },
      );
      expect(answered).toBeGreaterThan(20);
    }, 60_000);

    it.each([
      { subject: '\0' },
      { code: 99_999_999_999 },
      { since: '0000-01-01T00:00:00Z' },
      { until: '2026-11-25T12:00:00+23:59' },
    ])("refuses %j, which it cannot compare, as the question's fault", async (query) => {
      await expect(store.find({ order: 'newest', limit: 10, ...query })).rejects.toMatchObject({ code: 'bad-request' });
    });

    it('deletes what is too old, and what is beyond the newest so many', async () => {
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

    describeAnonymousEvents(() => bed, event);

    describeLargeEvents(() => bed, event);

    it('can be used', async () => {
      await expect(store.ping()).resolves.toBeUndefined();
    });
  });
}
