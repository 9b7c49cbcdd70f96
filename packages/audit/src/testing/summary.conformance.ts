import { describe, expect, it } from '@jest/globals';
import {
  auditQuerySchema,
  auditSummaryQuerySchema,
  resultOf,
  summaryFacets,
  type AuditRecord,
} from '@sallyport/contracts';
import type { OnlyOf } from '../events/event-store.ts';
import { hour, makeEvent, midday, type AuditStoreHarness } from './audit-store-harness.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const period = { since: iso(midday - 12 * hour), until: iso(midday + 12 * hour) };
const issuer = 'https://idp.example.com';

/** The rules of summaries: part of the rules that every audit store follows. */
export function describeSummary(open: () => AuditStoreHarness): void {
  const summary = (query: Record<string, unknown>, only?: OnlyOf) =>
    open().stores.reports.summary({ ...auditSummaryQuerySchema.parse(query), ...period }, only);
  const find = async (query: Record<string, unknown>, only?: OnlyOf) =>
    (await open().stores.events.find(auditQuerySchema.parse({ ...query, ...period, limit: 1000 }), only)).events;
  const add = (...records: AuditRecord[]) => open().stores.events.add(records);
  const newBlock = () =>
    open().run(`select setval('audit_ingest', ((last_value >> 14) + 1) << 14) from audit_ingest`, []);

  type Changes = NonNullable<Parameters<typeof makeEvent>[1]> & {
    session: string;
    type?: AuditRecord['type'];
    stage?: AuditRecord['data']['stage'];
    cluster?: string | undefined;
    more?: (data: AuditRecord['data']) => void;
  };
  const event = ({ session, type, stage = 'ResponseComplete', more, ...changes }: Changes): AuditRecord => {
    const record = makeEvent(session, changes);
    record.data.stage = stage;
    if (type) record.type = type;
    const { cluster = 'dev' } = changes;
    record.data.sallyport.cluster = { id: cluster, name: cluster };
    more?.(record.data);
    return record;
  };

  /** Events with every kind of result, of two people, on two clusters, and over some hours. */
  const fill = async () => {
    const session = crypto.randomUUID();
    const on = (changes: Omit<Changes, 'session'>) => event({ session, ...changes });
    const denied: Changes['more'] = ({ sallyport }) => {
      sallyport.decision = { ...sallyport.decision!, effect: 'deny' };
    };
    const ofRoute: Changes['more'] = ({ sallyport }) => {
      sallyport.route = 'https://wiki.example.com';
    };
    const likeRoute: Changes['more'] = (data) => {
      data.userAgent = ',"route":{"route":';
    };
    await add(
      on({ code: 200 }),
      on({ code: 200, stage: 'RequestReceived' }),
      on({ code: 403, at: midday + hour }),
      on({ code: 403, at: midday + hour, more: denied }),
    );
    await newBlock();
    await add(
      on({
        code: 403,
        at: midday + 2 * hour,
        who: 'bob',
        more: ({ objectRef }) => void (objectRef!.subresource = 'proxy'),
      }),
      on({ code: 500, at: midday + 2 * hour, who: 'bob', cluster: 'prod', stage: 'Panic' }),
      on({
        code: 403,
        who: 'bob',
        cluster: 'prod',
        more: ({ responseStatus }) => void (responseStatus!.reason = 'Forbidden'),
      }),
      on({
        code: 403,
        who: 'bob',
        type: 'http.request',
        more: likeRoute,
      }),
      on({ code: 403, who: 'bob', type: 'http.request', more: ofRoute }),
      on({ code: 101, who: 'bob', cluster: 'prod', type: 'stream.opened' }),
      on({ code: 200, who: 'bob', type: 'http.request' }),
    );
    return session;
  };

  describe('for summaries', () => {
    it('counts what a search finds, by time and by how requests ended', async () => {
      const session = await fill();
      for (const filters of [
        {},
        { view: 'requests' },
        { routine: 'omit' },
        { user: 'bob@example.com' },
        { cluster: 'prod', verb: 'list' },
        { result: 'failed' },
        { result: 'refused' },
        { result: 'denied-by-cluster' },
        { code: 403, group: 'developers' },
        { agent: 'review-bot', workload: 'ci' },
        { namespace: 'none' },
      ]) {
        // A list of requests has also those that have not ended, which have no result.
        const found = (await find({ session, ...filters })).filter(
          ({ data: { stage } }) => !('view' in filters) || stage !== 'RequestReceived',
        );
        const { buckets, events, step } = await summary({ session, ...filters, buckets: 24 });
        const expected: Record<string, Record<string, number>> = {};
        for (const record of found) {
          const of = (expected[iso(Math.floor(Date.parse(record.time) / step) * step)] ??= {});
          const result = resultOf(record) ?? 'none';
          of[result] = (of[result] ?? 0) + 1;
        }
        expect({
          filters,
          events,
          of: Object.fromEntries(buckets.map(({ time, results }) => [time, results])),
        }).toEqual({
          filters,
          events: found.length,
          of: expected,
        });
        expect(step).toBe(hour);
      }
    });

    it('lists the most frequent values of each facet, each of which its filter finds', async () => {
      const session = await fill();
      const facets = (await summary({ session, facets: summaryFacets.join(',') })).facets;
      expect(facets.cluster).toEqual({
        values: [
          { value: 'dev', events: 8 },
          { value: 'prod', events: 3 },
        ],
        others: 0,
      });
      for (const [facet, { values }] of Object.entries(facets))
        for (const { value, events } of values)
          expect({ facet, value, events: (await find({ session, [facet]: value })).length }).toEqual({
            facet,
            value,
            events,
          });
      expect(Object.keys(facets)).toEqual([...summaryFacets]);
    });

    it('counts the values that are not among the first twenty together', async () => {
      const session = crypto.randomUUID();
      await add(...Array.from({ length: 30 }, (_, index) => event({ session, namespace: `team-${index % 25}` })));
      const { namespace, user } = (await summary({ session })).facets;
      expect(namespace).toMatchObject({ values: expect.arrayContaining([{ value: 'team-0', events: 2 }]), others: 5 });
      expect(namespace!.values).toHaveLength(20);
      expect(user).toEqual({ values: [{ value: 'alice@example.com', events: 30 }], others: 0 });
    });

    it('counts and names only what a person may see', async () => {
      const session = await fill();
      const alice = { issuer, subject: 'alice' };
      const facets = summaryFacets.join(',');
      for (const only of [
        alice,
        { ...alice, and: { clusters: ['prod'], withoutCluster: false } },
        { ...alice, and: { clusters: [], withoutCluster: true } },
        { issuer: 'https://other.example.com', subject: 'alice' },
      ])
        for (const filters of [
          {},
          { cluster: 'dev' },
          { cluster: 'prod' },
          { routine: 'omit' },
          { result: 'failed' },
        ]) {
          const found = await find({ session, ...filters }, only);
          const counted = await summary({ session, ...filters, facets }, only);
          expect({ filters, events: counted.events }).toEqual({ filters, events: found.length });
          const users = counted.facets.user!.values.map(({ value }) => value);
          expect(users.toSorted()).toEqual([...new Set(found.map(({ data }) => data.user.username ?? ''))].toSorted());
        }
    });
  });
}
