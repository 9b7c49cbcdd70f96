import { expect, it } from '@jest/globals';
import { sampleAuditRecord } from '@sallyport/audit-log';
import { auditQuerySchema } from '@sallyport/contracts';
import { createPgliteDatabase } from '../database/pglite-database.ts';
import { createStores } from '../stores/open-stores.ts';
import { createArrivals } from './create-arrivals.ts';
import { tailTrail } from './tail-trail.ts';

it('tells a position also while nothing is stored, from which a client misses nothing', async () => {
  const stores = createStores(createPgliteDatabase({}));
  const owner = { issuer: 'https://idp.example.com', subject: 'alice' };
  const record = sampleAuditRecord();
  record.data.sallyport.identity = { iss: owner.issuer, sub: owner.subject, groups: [] };
  const tail = (after: string | undefined, only?: typeof owner) => {
    const gone = new AbortController();
    return tailTrail(auditQuerySchema.parse(after === undefined ? {} : { after }), {
      find: (query) => stores.events.find(query, only),
      arrivals: createArrivals({ events: stores.events, pollMs: 10 }),
      seal: (cursor) => cursor,
      signal: gone.signal,
    });
  };
  const positions: string[] = [];
  for (const only of [undefined, owner]) {
    const first = await tail(undefined, only).next();
    expect(first.value).toMatch(/^id: [\w-]+\nretry: \d+\n\n$/);
    positions.push(/^id: (.+)$/m.exec(String(first.value))![1]!);
  }
  await stores.events.add([record]);
  for (const [index, only] of [undefined, owner].entries()) {
    const again = tail(positions[index], only);
    await again.next();
    expect((await again.next()).value).toContain(record.id);
  }
  await stores.close();
});
