import { describe, expect, it } from '@jest/globals';
import {
  auditQuerySchema,
  auditResults,
  resultOf,
  type AuditEventType,
  type AuditRecord,
  type AuditStage,
} from '@sallyport/contracts';
import { ids, makeEvent, type AuditStoreHarness } from './audit-store-harness.ts';

/** The rules for the view with each request once: part of the rules that every audit store follows. */
export function describeRequestsView(open: () => AuditStoreHarness): void {
  const find = (query: Record<string, unknown>) =>
    open().stores.events.find(auditQuerySchema.parse({ view: 'requests', ...query }));
  const add = async (...records: AuditRecord[]) => open().stores.events.add(records);

  /** Returns an event of a request. */
  const eventOf = (session: string, auditID: string, stage: AuditStage, type: AuditEventType = 'k8s.request') => {
    const record = makeEvent(session);
    return { ...record, type, data: { ...record.data, auditID, stage } };
  };
  const newRequest = (session: string) => {
    const auditID = crypto.randomUUID();
    return {
      began: eventOf(session, auditID, 'RequestReceived'),
      answered: eventOf(session, auditID, 'ResponseStarted'),
      opened: eventOf(session, auditID, 'RequestReceived', 'stream.opened'),
      closed: eventOf(session, auditID, 'ResponseComplete', 'stream.closed'),
      ended: eventOf(session, auditID, 'ResponseComplete'),
    };
  };

  describe('for requests', () => {
    it('shows each request once: by its end, or by its beginning while it is open', async () => {
      const session = crypto.randomUUID();
      const [done, open_, refused, failed] = Array.from({ length: 4 }, () => newRequest(session));
      const panic = eventOf(session, failed!.began.data.auditID, 'Panic');
      const login = { ...makeEvent(session), type: 'session.login' as const };
      await add(done!.began, open_!.began, done!.answered, done!.opened, open_!.opened, done!.closed, done!.ended);
      await add(refused!.ended, failed!.began, panic, login);
      expect(ids(await find({ session, order: 'oldest' }))).toEqual(
        [open_!.began, done!.ended, refused!.ended, panic, login].map(({ id }) => id),
      );
    });

    it('finds the end of a request that was stored before its beginning', async () => {
      const session = crypto.randomUUID();
      const { began, ended } = newRequest(session);
      await add(ended, began);
      expect(ids(await find({ session }))).toEqual([ended.id]);
    });

    it('knows a request by its type too, so that no event of another kind ends it', async () => {
      const session = crypto.randomUUID();
      const { began } = newRequest(session);
      await add(began, eventOf(session, began.data.auditID, 'ResponseComplete', 'http.request'));
      expect((await find({ session })).events).toHaveLength(2);
    });

    it.each(['newest', 'oldest'] as const)(
      'shows each request once over many pages, %s first, while others begin and end',
      async (order) => {
        const session = crypto.randomUUID();
        const requests = Array.from({ length: 12 }, () => newRequest(session));
        await add(...requests.map(({ began }) => began));
        // Every second one has ended before the first page, and its events are on different pages.
        await add(...requests.filter((_one, index) => index % 2 === 1).map(({ ended }) => ended));
        const seen: string[] = [];
        let after: string | undefined;
        for (let pages = 0; pages < 20; pages += 1) {
          const page = await find({ session, order, limit: 2, ...(after === undefined ? {} : { after }) });
          seen.push(...page.events.map(({ data }) => data.auditID));
          const ending = requests[pages * 2];
          if (ending) await add(ending.ended, newRequest(session).began);
          after = page.next;
          if (after === undefined) break;
        }
        expect(seen.toSorted()).toEqual(requests.map(({ began }) => began.data.auditID).toSorted());
      },
    );

    it('continues after the newest event, so that a reader who follows it misses no end', async () => {
      const session = crypto.randomUUID();
      const { began, ended } = newRequest(session);
      await add(began);
      const { latest } = await find({ session });
      await add(ended);
      expect(ids(await find({ session, after: latest, order: 'oldest' }))).toEqual([ended.id]);
    });

    it('combines with the other conditions', async () => {
      const session = crypto.randomUUID();
      const [one, other] = [newRequest(session), newRequest(session)];
      await add(one.began, one.ended, other.began);
      expect(ids(await find({ session, auditIDPrefix: one.began.data.auditID.slice(0, 8) }))).toEqual([one.ended.id]);
      expect(ids(await find({ session, code: 403 }))).toEqual([]);
      expect(ids(await find({ session, stage: 'RequestReceived' }))).toEqual([other.began.id]);
    });

    it('finds requests by their result, among those with any status', async () => {
      const session = crypto.randomUUID();
      const types = ['k8s.request', 'http.request', 'request.unparsable', 'stream.closed'] as const;
      const all = types.flatMap((type) =>
        [undefined, 'allow', 'deny'].flatMap((effect) =>
          [0, 101, 200, 302, 400, 401, 403, 404, 429, 499, 503].flatMap((code) =>
            [undefined, 'Forbidden', 'ServiceUnavailable'].map((reason) => {
              const record = eventOf(session, crypto.randomUUID(), 'ResponseComplete', type);
              record.data.responseStatus = { code, ...(reason === undefined ? {} : { reason }) };
              const { decision } = record.data.sallyport;
              if (effect === undefined) delete record.data.sallyport.decision;
              else Object.assign(decision!, { effect, reasons: ['groups-unauthorized'] });
              if (code === 403) record.data.objectRef!.subresource = reason === undefined ? 'proxy' : 'exec';
              return record;
            }),
          ),
        ),
      );
      await add(...all, eventOf(session, crypto.randomUUID(), 'RequestReceived'));
      for (const result of auditResults) {
        const expected = all.filter((record) => resultOf(record) === result).map(({ id }) => id);
        const page = await open().stores.events.find(auditQuerySchema.parse({ session, result, limit: 1000 }));
        expect(ids(page).toSorted()).toEqual(expected.toSorted());
        expect(ids(await find({ session, result, limit: 1000 })).toSorted()).toEqual(expected.toSorted());
      }
    });
  });

  describe('for an exec that a client tries over WebSocket and then over SPDY', () => {
    type Tried = { at?: number; command?: string; code?: number; kubectl?: string };
    /** Returns the end of an attempt. */
    const tried = (session: string, protocol: string, { at = 0, command = 'sh', code = 403, kubectl }: Tried = {}) => {
      const record = eventOf(session, crypto.randomUUID(), 'ResponseComplete');
      const time = new Date(Date.parse(record.time) + at).toISOString();
      record.data.requestReceivedTimestamp = time;
      record.data.verb = protocol === 'websocket' ? 'get' : 'create';
      record.data.responseStatus = { code, ...(code === 403 ? { reason: 'Forbidden' } : {}) };
      record.data.objectRef!.subresource = 'exec';
      Object.assign(record.data.sallyport, {
        protocol,
        exec: { container: '', command: [command], tty: false, stdin: false },
        ...(kubectl === undefined ? {} : { invocation: { kubectlSession: kubectl } }),
      });
      return { ...record, time };
    };
    const rows = async (query: Record<string, unknown>) =>
      (await find({ order: 'oldest', ...query })).events.map(({ id, retryOf }) => [id, retryOf]);

    it('shows one refused exec as one, on any page, and finds either by its id', async () => {
      const session = crypto.randomUUID();
      const [first, second] = [tried(session, 'websocket'), tried(session, 'SPDY/3.1', { at: 40 })];
      const other = tried(session, 'websocket', { at: 20, command: 'id' });
      await add(first, other, second);
      const expected = [
        [other.id, undefined],
        [second.id, first.data.auditID],
      ];
      expect(await rows({ session })).toEqual(expected);
      expect(await rows({ session, result: 'refused' })).toEqual(expected);
      for (const order of ['oldest', 'newest']) {
        const one = await find({ session, order, limit: 1 });
        const two = await find({ session, order, limit: 1, after: one.next });
        expect([...ids(one), ...ids(two)].toSorted()).toEqual([other.id, second.id].toSorted());
        expect(two.next).toBeUndefined();
      }
      expect(await rows({ auditID: first.data.auditID })).toEqual([[first.id, undefined]]);
      expect(await rows({ auditID: second.data.auditID })).toEqual([[second.id, first.data.auditID]]);
    });

    it('shows both where conditions find only one of them, and where they are asked for as events', async () => {
      const session = crypto.randomUUID();
      const [first, second] = [tried(session, 'websocket'), tried(session, 'SPDY/3.1', { at: 40 })];
      await add(first, second);
      expect(await rows({ session, verb: 'get' })).toEqual([[first.id, undefined]]);
      expect(await rows({ session, verb: 'create' })).toEqual([[second.id, undefined]]);
      expect(await rows({ session, view: 'events' })).toEqual([
        [first.id, undefined],
        [second.id, first.data.auditID],
      ]);
    });

    it.each<[string, Tried, string?]>([
      ['of another command', { command: 'id' }],
      ['with another outcome', { code: 404 }],
      ['that succeeded', { code: 101 }],
      ['of another call of kubectl', { kubectl: 'other' }],
      ['after a while', { at: 11_000 }],
      ['over WebSocket', {}, 'websocket'],
    ])('shows one %s apart', async (_what, changes, protocol = 'SPDY/3.1') => {
      const session = crypto.randomUUID();
      const [first, second] = [tried(session, 'websocket'), tried(session, protocol, { at: 40, ...changes })];
      await add(first, second);
      expect(await rows({ session })).toHaveLength(2);
    });

    it('shows two calls at once as two', async () => {
      const session = crypto.randomUUID();
      const all = [0, 10, 20, 30].map((at) => tried(session, at < 20 ? 'websocket' : 'SPDY/3.1', { at }));
      await add(...all);
      expect((await rows({ session })).map(([id]) => id)).toEqual(all.slice(2).map(({ id }) => id));
    });
  });
}
