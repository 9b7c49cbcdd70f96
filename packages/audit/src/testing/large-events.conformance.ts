import { describe, expect, it } from '@jest/globals';
import { auditQuerySchema, type AuditPage } from '@sallyport/contracts';
import { ids, makeEvent, type AuditStoreHarness } from './audit-store-harness.ts';

/** The rules for large events: part of the rules that every audit store follows. */
export function describeLargeEvents(open: () => AuditStoreHarness): void {
  const find = (query: Record<string, unknown>) => open().stores.events.find(auditQuerySchema.parse(query));

  describe('for large events', () => {
    it.each(['newest', 'oldest'] as const)(
      'ends a page of very large events early, and continues from there, %s first',
      async (order) => {
        const session = crypto.randomUUID();
        const records = Array.from({ length: 30 }, () => makeEvent(session, { namespace: 'n'.repeat(600_000) }));
        await open().stores.events.add(records);
        const seen: string[] = [];
        let [after, pages]: [string | undefined, number] = [undefined, 0];
        do {
          const page: AuditPage = await find({
            session,
            limit: 1000,
            order,
            ...(after === undefined ? {} : { after }),
          });
          expect(JSON.stringify(page).length).toBeLessThan(10 * 1024 * 1024);
          seen.push(...ids(page));
          after = page.next;
          pages += 1;
        } while (after !== undefined && pages < 40);
        const all = records.map((record) => record.id);
        expect(seen).toEqual(order === 'newest' ? all.toReversed() : all);
        expect(pages).toBeLessThan(6);
      },
    );

    it('stores a large batch of large events', async () => {
      const session = crypto.randomUUID();
      const records = Array.from({ length: 500 }, () => makeEvent(session, { namespace: 'n'.repeat(5000) }));
      await open().stores.events.add(records);
      expect((await find({ session, limit: 1000 })).events).toHaveLength(500);
    });
  });
}
