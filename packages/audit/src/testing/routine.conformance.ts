import { describe, expect, it } from '@jest/globals';
import { auditEventTypes, auditQuerySchema, type AuditEventType, type AuditRecord } from '@sallyport/contracts';
import type { OnlyOf } from '../events/event-store.ts';
import { ids, makeEvent, type AuditStoreHarness } from './audit-store-harness.ts';

/** The rules for leaving out what is routine: part of the rules that every audit store follows. */
export function describeRoutine(open: () => AuditStoreHarness): void {
  const find = (query: Record<string, unknown>, only?: OnlyOf) =>
    open().stores.events.find(auditQuerySchema.parse(query), only);
  const add = (...records: AuditRecord[]) => open().stores.events.add(records);

  const eventOf = (session: string, type: AuditEventType): AuditRecord => {
    const record = makeEvent(session);
    record.type = type;
    record.data.auditID = crypto.randomUUID();
    return record;
  };
  /** Returns a call of the gateway's own API. */
  const callOf = (session: string, code: number, more: { anonymous?: true; route?: string } = {}): AuditRecord => {
    const record = eventOf(session, 'http.request');
    delete record.data.objectRef;
    record.data.responseStatus = { code };
    if (more.anonymous) record.data.user = {};
    if (more.route !== undefined) record.data.sallyport.route = more.route;
    return record;
  };
  const reviewOf = (session: string): AuditRecord => {
    const record = eventOf(session, 'k8s.request');
    record.data.user = { username: 'gateway:access-review' };
    record.data.sallyport.credentialKind = 'gateway';
    delete record.data.sallyport.identity;
    return record;
  };

  describe('for what is routine', () => {
    it("leaves out calls of the gateway's own API, its own requests and checkpoints only if it is asked to", async () => {
      const session = crypto.randomUUID();
      const routine = [
        callOf(session, 200),
        callOf(session, 500),
        callOf(session, 401, { anonymous: true }),
        reviewOf(session),
        eventOf(session, 'audit.checkpoint'),
        eventOf(session, 'audit.reservation'),
      ];
      const others = [
        callOf(session, 403),
        callOf(session, 200, { route: 'https://wiki.example.com' }),
        callOf(session, 401, { anonymous: true, route: 'https://wiki.example.com' }),
        ...auditEventTypes
          .filter((type) => !['http.request', 'audit.checkpoint', 'audit.reservation'].includes(type))
          .map((type) => eventOf(session, type)),
      ];
      await add(...routine, ...others);
      const found = async (query: Record<string, unknown>) =>
        ids(await find({ session, order: 'oldest', limit: 1000, ...query }));
      expect(await found({ routine: 'omit' })).toEqual(others.map(({ id }) => id));
      for (const query of [{}, { routine: 'include' }])
        expect(await found(query)).toEqual([...routine, ...others].map(({ id }) => id));
      expect(await found({ routine: 'omit', type: 'http.request' })).toEqual(others.slice(0, 3).map(({ id }) => id));
      expect(await found({ routine: 'omit', auditID: routine[0]!.data.auditID })).toEqual([]);
      expect(await found({ routine: 'omit', result: 'refused' })).toEqual([others[0]!.id]);
      const mine = { issuer: 'https://idp.example.com', subject: 'alice' };
      const page = await find({ session, routine: 'omit', limit: 1000 }, mine);
      expect(ids(page).toSorted()).toEqual(others.map(({ id }) => id).toSorted());
    });

    it.each(['newest', 'oldest'] as const)('has full pages, %s first, wherever others are between', async (order) => {
      const session = crypto.randomUUID();
      const wanted = Array.from({ length: 7 }, () => eventOf(session, 'k8s.request'));
      await add(
        ...wanted.flatMap((one) => [...Array.from({ length: 30 }, () => callOf(session, 200)), reviewOf(session), one]),
      );
      const pages: string[][] = [];
      let after: string | undefined;
      do {
        const query = { session, order, limit: 3, view: 'requests', routine: 'omit' };
        const page = await find({ ...query, ...(after === undefined ? {} : { after }) });
        pages.push(ids(page));
        after = page.next;
      } while (after !== undefined);
      const all = wanted.map(({ id }) => id);
      expect(pages.flat()).toEqual(order === 'oldest' ? all : all.toReversed());
      expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    });
  });
}
