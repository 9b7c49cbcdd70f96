import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { auditSummaryQuerySchema, type AuditSummary } from '@sallyport/contracts';
import { createPgliteDatabase } from '../database/pglite-database.ts';
import { createStores } from '../stores/open-stores.ts';
import { hour, makeEvent, midday } from '../testing/audit-store-harness.ts';
import { summarizeEvents } from './summarize-events.ts';

const database = createPgliteDatabase({});
const stores = createStores(database);
const iso = (ms: number) => new Date(ms).toISOString();
const period = { since: iso(midday - 24 * hour), until: iso(midday + 24 * hour) };

/** The hour in which the events of each block happened. The last block has one that arrived late. */
const hours = Array.from({ length: 18 }, (_, index) => index);

beforeAll(async () => {
  for (const index of hours) {
    const at = midday + index * hour;
    await stores.events.add([makeEvent('s1', { at }), makeEvent('s1', { at: at + 1, who: 'bob' })]);
    if (index === 17) await stores.events.add([makeEvent('s1', { at: midday + 61_000, who: 'late' })]);
    await database.query({ sql: `select setval('audit_ingest', ((last_value >> 14) + 1) << 14) from audit_ingest` });
  }
});
afterAll(() => stores.close());

it('says where a summary ends whose time is up, and continues there', async () => {
  let now = 0;
  const slow = { database, clock: () => (now += 2000) };
  const query = { ...auditSummaryQuerySchema.parse({ buckets: 48 }), ...period };
  const parts: AuditSummary[] = [];
  for (let until: string | null | undefined = period.until; until && parts.length < 30;) {
    const part = await summarizeEvents(slow, { ...query, until }, undefined);
    parts.push(part);
    const [first] = part.buckets;
    if (part.countedFrom) expect(first === undefined || first.time >= part.countedFrom.slice(0, 13)).toBe(true);
    until = part.countedFrom;
  }
  const whole = await summarizeEvents({ database, clock: () => 0 }, query, undefined);
  expect(parts.length).toBeGreaterThan(2);
  expect(whole).toMatchObject({
    events: 37,
    facets: { user: { values: [{ events: 18 }, { events: 18 }, { events: 1 }] } },
  });
  expect(whole.countedFrom).toBeUndefined();
  expect(parts.reduce((sum, { events }) => sum + events, 0)).toBe(37);
  expect(parts.flatMap(({ buckets }) => buckets).length).toBeGreaterThanOrEqual(whole.buckets.length);
});

it('says of earlier hours what was counted as the requests were stored, if that knows the query', async () => {
  let now = 0;
  const slow = { database, clock: () => (now += 2000) };
  const ask = (more: object, only?: Parameters<typeof summarizeEvents>[2]) =>
    summarizeEvents(
      slow,
      { ...auditSummaryQuerySchema.parse({ buckets: 50, view: 'requests', ...more }), ...period },
      only,
    );
  const { events, earlier, countedFrom } = await ask({});
  const sum = (some: { events: number }[]) => some.reduce((all, one) => all + one.events, 0);
  expect(Date.parse(earlier!.until)).toBe(Math.floor(Date.parse(countedFrom!) / hour) * hour);
  expect(earlier!.buckets[0]).toEqual({
    time: iso(midday),
    events: 3,
    results: { ok: 3, refused: 0, failed: 0 },
  });
  // The two events in the hour of `countedFrom` are before it.
  expect(events + sum(earlier!.buckets)).toBe(37 - 2);
  const bob = { issuer: 'https://idp.example.com', subject: 'bob' };
  const own = await ask({}, bob);
  expect(own.events + sum(own.earlier!.buckets)).toBe(18 - 1);
  expect(sum((await ask({ user: 'late@example.com' })).earlier!.buckets)).toBe(1);
  for (const more of [{ namespace: 'dev' }, { buckets: 200 }, { view: 'events' }, { result: 'ok' }])
    expect(await ask(more)).not.toHaveProperty('earlier');
});

it('tells nothing of when the events of others happened but the minute to which it counted', async () => {
  let now = 0;
  const query = { ...auditSummaryQuerySchema.parse({}), ...period };
  const only = { issuer: 'https://idp.example.com', subject: 'nobody' };
  const { countedFrom, events } = await summarizeEvents({ database, clock: () => (now += 2000) }, query, only);
  expect([countedFrom?.slice(16), events]).toEqual([':00.000Z', 0]);
});

it('has at most as many buckets as are asked for', async () => {
  const query = auditSummaryQuerySchema.parse({ buckets: 2 });
  for (const [since, until] of [
    [midday - 1, midday + 1],
    [midday - 7 * hour, midday + 19 * hour],
    [Date.UTC(1969, 1), Date.UTC(2100, 1)],
  ] as const) {
    const { step } = await summarizeEvents({ database }, { ...query, since: iso(since), until: iso(until) }, undefined);
    expect(Math.floor((until - 1) / step) - Math.floor(since / step)).toBeLessThan(2);
  }
});
