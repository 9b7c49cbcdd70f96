import { describe, expect, it } from '@jest/globals';
import { auditQuerySchema, type AuditEventType, type AuditRecord, type AuditStage } from '@sallyport/contracts';
import { ids, makeEvent, type AuditStoreHarness } from './audit-store-harness.ts';

/** The rules for the view with each request once: part of the rules that every audit store follows. */
export function describeRequestsView(open: () => AuditStoreHarness): void {
  const find = (query: Record<string, unknown>) =>
    open().store.find(auditQuerySchema.parse({ view: 'requests', ...query }));
  const add = async (...records: AuditRecord[]) => open().store.add(records);

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
  });
}
