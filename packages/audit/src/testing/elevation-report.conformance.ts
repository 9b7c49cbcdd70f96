import { describe, expect, it } from '@jest/globals';
import { elevationReportQuerySchema, type AuditEventType, type AuditRecord } from '@sallyport/contracts';
import type { OnlyOf } from '../events/event-store.ts';
import { reportElevations } from '../report/report-elevations.ts';
import { hour, makeEvent, midday, type AuditStoreHarness } from './audit-store-harness.ts';

type Elevation = NonNullable<AuditRecord['data']['sallyport']['elevation']>;
type Own = { type?: AuditEventType; verb?: string; code?: number; effect?: 'allow' | 'deny' };

const iso = (hours: number) => new Date(midday + hours * hour).toISOString();
const micro = (hours: number) => iso(hours).replace('Z', '000Z');

/** The rules of reports about elevations: part of the rules that every audit store follows. */
export function describeElevationReport(open: () => AuditStoreHarness): void {
  const report = (query: Record<string, unknown>, only?: OnlyOf) =>
    reportElevations(elevationReportQuerySchema.parse({ since: iso(-1), until: iso(9), ...query }), {
      find: (one) => open().stores.events.find(one, only),
      uses: (one) => open().stores.reports.elevationUses(one, only),
      stepsOf: (ids, period) => open().stores.reports.elevationSteps(ids, period),
      only,
      now: midday,
    });
  const add = (...records: AuditRecord[]) => open().stores.events.add(records);
  const newCluster = () => `elevated-${crypto.randomUUID()}`;
  const newElevation = (more: Partial<Elevation> = {}): Elevation => ({
    id: crypto.randomUUID(),
    name: 'prod-admin',
    user: 'alice@example.com',
    groups: ['admins'],
    reason: 'the shop is down',
    expiresAt: iso(2),
    approvers: [],
    ...more,
  });
  const eventOf = (cluster: string, who: string, at: number, more: Parameters<typeof makeEvent>[1] = {}) => {
    const record = makeEvent(crypto.randomUUID(), { who, at: midday + at * hour, ...more });
    record.data.sallyport.cluster = { id: cluster, name: cluster };
    return record;
  };
  const stepOf = (cluster: string, elevation: Elevation, step: [type: AuditEventType, at: number, by?: string]) => {
    const [type, at, by] = step;
    const record = { ...eventOf(cluster, by ?? 'nobody', at), type };
    if (by === undefined) {
      record.data.user = {};
      delete record.data.sallyport.identity;
    }
    record.data.sallyport.elevation = elevation;
    return record;
  };
  const requestOf = (cluster: string, used: readonly Elevation[], at: number, own: Own = {}) => {
    const { type = 'k8s.request', verb = 'list', code = 200, effect = 'allow' } = own;
    const record = { ...eventOf(cluster, 'alice', at, { verb, code }), type };
    record.data.sallyport.decision = { ...record.data.sallyport.decision!, effect };
    record.data.sallyport.elevation = used[0]!;
    if (used.length > 1) record.data.sallyport.elevations = used.map(({ id, name }) => ({ id, name }));
    return record;
  };

  describe('for reports about elevations', () => {
    it('says who had what and why, who approved it, and what it was used for', async () => {
      const cluster = newCluster();
      const [asked, approved] = [newElevation({ ticket: 'INC-7' })].flatMap((one) => [
        one,
        { ...one, approvers: ['bob@example.com'] },
      ]) as [Elevation, Elevation];
      const denied = requestOf(cluster, [approved], 0.6, { verb: 'delete', code: 403, effect: 'deny' });
      await add(
        stepOf(cluster, asked, ['elevation.requested', 0, 'alice']),
        stepOf(cluster, approved, ['elevation.approved', 0.25, 'bob']),
        stepOf(cluster, approved, ['elevation.activated', 0.25]),
        requestOf(cluster, [approved], 0.5),
        requestOf(cluster, [approved], 0.7, { code: 404 }),
        denied,
        requestOf(cluster, [approved], 0.8, { type: 'stream.opened', verb: 'create' }),
        stepOf(cluster, approved, ['elevation.revoked', 1.5, 'bob']),
      );
      await add(denied);
      const found = await report({ cluster });
      expect(found).toMatchObject({ since: iso(-1), until: iso(9), omitted: 0 });
      expect(found!.elevations).toEqual([
        {
          id: asked.id,
          name: 'prod-admin',
          cluster,
          user: 'alice@example.com',
          groups: ['admins'],
          reason: 'the shop is down',
          ticket: 'INC-7',
          approvers: ['bob@example.com'],
          breakGlass: false,
          from: micro(0.25),
          until: micro(1.5),
          expiresAt: iso(2),
          state: 'revoked',
          steps: [
            { type: 'requested', at: micro(0), user: 'alice@example.com' },
            { type: 'approved', at: micro(0.25), user: 'bob@example.com' },
            { type: 'activated', at: micro(0.25) },
            { type: 'revoked', at: micro(1.5), user: 'bob@example.com' },
          ],
          requests: 3,
          refused: 1,
          failed: 1,
          streams: 1,
          uses: [
            { verb: 'list', resource: 'pods/log', requests: 2, refused: 0, failed: 1, streams: 0 },
            { verb: 'delete', resource: 'pods/log', requests: 1, refused: 1, failed: 0, streams: 0 },
            { verb: 'create', resource: 'pods/log', requests: 0, refused: 0, failed: 0, streams: 1 },
          ],
        },
      ]);
    });

    it('counts a request under several elevations for each of them', async () => {
      const cluster = newCluster();
      const both = [newElevation(), newElevation({ name: 'break-glass' })];
      for (const one of both) await add(stepOf(cluster, one, ['elevation.activated', 0]));
      await add(requestOf(cluster, both, 0.5), requestOf(cluster, both.slice(1), 0.6));
      const { elevations } = (await report({ cluster }))!;
      const counts = Object.fromEntries(
        elevations.map(({ name, requests, breakGlass }) => [name, { requests, breakGlass }]),
      );
      expect(counts).toEqual({
        'prod-admin': { requests: 1, breakGlass: true },
        'break-glass': { requests: 2, breakGlass: true },
      });
    });

    it('shows the review of one without an approval, also after its end', async () => {
      const cluster = newCluster();
      const dueAt = iso(8);
      const glass = newElevation({ breakGlass: true, review: { dueAt } });
      await add(
        stepOf(cluster, glass, ['elevation.activated', 0]),
        stepOf(cluster, { ...glass, review: { dueAt, verdict: 'justified' } }, ['elevation.reviewed', 1, 'bob']),
        stepOf(cluster, glass, ['elevation.expired', 2]),
      );
      expect((await report({ cluster }))!.elevations).toMatchObject([
        { breakGlass: true, review: { dueAt, verdict: 'justified' }, until: micro(2) },
      ]);
    });

    it('has those that were asked for, used or active in the period, and no others', async () => {
      const cluster = newCluster();
      const names = ['ended before', 'active throughout', 'used', 'asked for', 'after'] as const;
      const of = Object.fromEntries(names.map((name) => [name, newElevation({ name, expiresAt: iso(40) })])) as Record<
        (typeof names)[number],
        Elevation
      >;
      await add(
        stepOf(cluster, of['ended before'], ['elevation.activated', -30]),
        stepOf(cluster, of['ended before'], ['elevation.expired', -20]),
        stepOf(cluster, of['active throughout'], ['elevation.activated', -30]),
        requestOf(cluster, [of.used], 1),
        stepOf(cluster, of['asked for'], ['elevation.requested', 1, 'alice']),
        stepOf(cluster, of.after, ['elevation.requested', 30, 'alice']),
      );
      const { elevations } = (await report({ cluster }))!;
      expect(elevations.map(({ name }) => name).sort()).toEqual(['', 'active throughout', 'asked for']);
      expect(elevations.find(({ name }) => name === '')).toMatchObject({ id: of.used.id, user: 'alice@example.com' });
      expect((await report({ cluster, limit: 1 }))!).toMatchObject({ elevations: { length: 1 }, omitted: 2 });
      expect((await report({ cluster, user: 'bob@example.com' }))!.elevations).toEqual([]);
    });

    it('shows a person their own events, and those on clusters that they may see', async () => {
      const [seen, hidden] = [newCluster(), newCluster()];
      const [one, other] = [newElevation(), newElevation({ user: 'bob@example.com' })];
      for (const cluster of [seen, hidden])
        await add(
          stepOf(cluster, { ...one, id: `${one.id.slice(0, 8)}${cluster}` }, ['elevation.requested', 0, 'alice']),
          stepOf(cluster, { ...other, id: `${other.id.slice(0, 8)}${cluster}` }, ['elevation.requested', 0, 'bob']),
          requestOf(cluster, [one], 0.5),
        );
      const carol = {
        issuer: 'https://idp.example.com',
        subject: 'carol',
        and: { clusters: [seen], withoutCluster: false },
      };
      const of = async (cluster: string, only: OnlyOf) =>
        (await report({ cluster }, only))!.elevations.map(({ user }) => user).sort();
      expect(await of(seen, carol)).toEqual(['alice@example.com', 'alice@example.com', 'bob@example.com']);
      expect(await of(hidden, carol)).toEqual([]);
      expect(await of(hidden, { issuer: 'https://idp.example.com', subject: 'bob' })).toEqual(['bob@example.com']);
    });

    const issuer = 'https://idp.example.com';
    it.each([
      ['waits', [], 'pending'],
      ['has one of two approvals', [['elevation.approved', 1, 'bob', undefined]], 'pending'],
      ['is approved and begins later', [['elevation.approved', 1, 'bob']], 'approved'],
      [
        'is active',
        [
          ['elevation.approved', 1, 'bob'],
          ['elevation.activated', 1],
        ],
        'active',
      ],
      [
        'was revoked by another',
        [
          ['elevation.activated', 1],
          ['elevation.revoked', 2, 'bob'],
        ],
        'revoked',
      ],
      [
        'ended by itself',
        [
          ['elevation.activated', 1],
          ['elevation.expired', 2],
        ],
        'expired',
      ],
      [
        'was reviewed',
        [
          ['elevation.activated', 1],
          ['elevation.expired', 2],
          ['elevation.reviewed', 3, 'bob'],
        ],
        'expired',
      ],
      ['was denied', [['elevation.denied', 1, 'bob']], 'denied'],
      ['nobody decided about', [['elevation.timed-out', 2]], 'timed-out'],
    ] as const)('shows a person the state of their own elevation, which %s', async (_what, steps, state) => {
      const cluster = newCluster();
      const own = newElevation();
      const records = steps.map((step) =>
        stepOf(cluster, step.length === 4 ? newElevation({ id: own.id, expiresAt: undefined }) : own, [
          step[0],
          step[1],
          step[2],
        ] as Parameters<typeof stepOf>[2]),
      );
      await add(stepOf(cluster, own, ['elevation.requested', 0, 'alice']), ...records);
      const seen = async (only?: OnlyOf) => (await report({ cluster }, only))!.elevations;
      const [mine] = await seen({ issuer, subject: 'alice' });
      expect(mine).toMatchObject({ id: own.id, state, steps: { length: steps.length + 1 } });
      expect(mine).toEqual((await seen())[0]);
    });

    it('does not claim to know the state of an elevation of which a person sees only some steps', async () => {
      const cluster = newCluster();
      const own = newElevation();
      await add(
        stepOf(cluster, own, ['elevation.requested', 0, 'alice']),
        stepOf(cluster, { ...own, approvers: ['bob@example.com'] }, ['elevation.approved', 0.5, 'bob']),
        stepOf(cluster, own, ['elevation.activated', 0.5]),
        requestOf(cluster, [own], 1),
        stepOf(cluster, own, ['elevation.expired', 2]),
      );
      const seen = async (only: OnlyOf) => (await report({ cluster }, only))!.elevations;
      const [approved] = await seen({ issuer, subject: 'bob' });
      expect(approved).toMatchObject({ state: 'unknown', user: 'alice@example.com' });
      expect(approved!.steps.map(({ type }) => type)).toEqual(['approved']);
      // Another person with the name of the requester, at another provider, sees nothing of it.
      expect(await seen({ issuer: 'https://other.example.com', subject: 'alice' })).toEqual([]);
      const and = { clusters: [cluster], withoutCluster: false };
      expect(await seen({ issuer, subject: 'carol', and })).toMatchObject([{ state: 'expired' }]);
      expect(await seen({ issuer, subject: 'bob', and: { ...and, clusters: ['other'] } })).toMatchObject([
        { state: 'unknown' },
      ]);
    });

    it('does not claim to know the state of an elevation whose steps are gone', async () => {
      const cluster = newCluster();
      const own = newElevation();
      await add(requestOf(cluster, [own], 1));
      const mine = { issuer, subject: 'alice' };
      for (const only of [undefined, mine])
        expect((await report({ cluster }, only))!.elevations).toMatchObject([{ id: own.id, state: 'unknown' }]);
    });
  });
}
