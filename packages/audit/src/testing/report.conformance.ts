import { describe, expect, it } from '@jest/globals';
import { reportQuerySchema, type AuditRecord } from '@sallyport/contracts';
import type { OnlyOf } from '../events/event-store.ts';
import { correctCounts } from '../schema/count-tables.ts';
import { hour, makeEvent, midday, type AuditStoreHarness } from './audit-store-harness.ts';

type Changes = Parameters<typeof makeEvent>[1] & { cluster: string; stage?: AuditRecord['data']['stage'] };

/** The rules of reports: part of the rules that every audit store follows. */
export function describeReport(open: () => AuditStoreHarness): void {
  const report = (query: Record<string, unknown>, only?: OnlyOf) =>
    open().stores.reports.report(reportQuerySchema.parse(query), only);
  const add = (...records: AuditRecord[]) => open().stores.events.add(records);
  const requestOf = ({ cluster, stage = 'ResponseComplete', ...changes }: Changes) => {
    const record = makeEvent(crypto.randomUUID(), changes);
    record.data.stage = stage;
    record.data.sallyport.cluster = { id: cluster, name: cluster };
    const refused = changes.code === 403 && changes.verb === 'delete';
    record.data.sallyport.decision = { ...record.data.sallyport.decision!, effect: refused ? 'deny' : 'allow' };
    return record;
  };
  const newCluster = () => `report-${crypto.randomUUID()}`;

  describe('for reports', () => {
    it('counts each request once, when it has ended, by who did what where', async () => {
      const cluster = newCluster();
      const done = requestOf({ cluster, at: midday });
      await add(
        requestOf({ cluster, stage: 'RequestReceived' }),
        done,
        requestOf({ cluster, stage: 'Panic', code: 500 }),
      );
      await add(
        requestOf({ cluster, who: 'bob', verb: 'delete', code: 403, at: midday + 2 * hour }),
        requestOf({ cluster, stage: 'ResponseStarted' }),
        { ...requestOf({ cluster }), type: 'stream.closed' },
        done,
      );
      await add(done);
      const whole = await report({ cluster });
      const common = { cluster, resource: 'pods/log' };
      expect(whole).toEqual({
        by: ['user', 'cluster', 'resource', 'verb'],
        rows: [
          {
            ...common,
            user: 'alice@example.com',
            verb: 'list',
            requests: 2,
            refused: 0,
            failed: 1,
            first: '2026-11-25T12:00:00.000000Z',
            last: '2026-11-25T12:00:00.000000Z',
          },
          {
            ...common,
            user: 'bob@example.com',
            verb: 'delete',
            requests: 1,
            refused: 1,
            failed: 0,
            first: '2026-11-25T14:00:00.000000Z',
            last: '2026-11-25T14:00:00.000000Z',
          },
        ],
        groups: 2,
        requests: 3,
        refused: 1,
        failed: 1,
      });
      expect((await report({ cluster, by: 'day' })).rows).toMatchObject([{ day: '2026-11-25', requests: 3 }]);
      expect(await report({ cluster, by: 'verb', limit: 1 })).toMatchObject({
        rows: [{ verb: 'list', requests: 2 }],
        groups: 2,
        requests: 3,
      });
    });

    it('counts what the gateway asks the cluster as its own requests, which it does not refuse', async () => {
      const cluster = newCluster();
      const asked = (code: number) => {
        const record = requestOf({ cluster, verb: 'create', code });
        record.data.user = { username: 'gateway:access-review' };
        record.data.impersonatedUser = { username: 'alice@example.com' };
        record.data.sallyport.credentialKind = 'gateway';
        delete record.data.sallyport.identity;
        delete record.data.sallyport.decision;
        return record;
      };
      await add(asked(201), asked(201), asked(403), asked(0), requestOf({ cluster }));
      expect((await report({ cluster, by: 'user' })).rows).toMatchObject([
        { user: 'gateway:access-review', requests: 4, refused: 0, failed: 2 },
        { user: 'alice@example.com', requests: 1, refused: 0, failed: 0 },
      ]);
    });

    it('corrects what earlier versions counted as refused', async () => {
      const cluster = newCluster();
      const wrong = `insert into audit_counts (hour, key, issuer, subject, username, cluster, resource, verb, requests,
          refused, failed, first_time, last_time)
        values (now(), gen_random_uuid(), $2, '', $3, $1, 'pods', 'get', 3, 3, 0, now(), now())`;
      await open().run(wrong, [cluster, '', 'gateway:access-review']);
      await open().run(wrong, [cluster, 'https://idp.example.com', 'gateway:access-review']);
      await open().run(correctCounts, []);
      expect(await report({ cluster })).toMatchObject({ requests: 6, refused: 3 });
    });

    it('counts as refused what the gateway answered itself, also without a decision or after one', async () => {
      const cluster = newCluster();
      const ended = (code: number, reason: string | undefined, decided = true) => {
        const record = requestOf({ cluster, code });
        record.data.responseStatus = { code, reason };
        if (!decided) delete record.data.sallyport.decision;
        return record;
      };
      await add(
        ended(400, 'BadRequest', false),
        ended(401, 'Unauthorized', false),
        ended(429, 'TooManyRequests'),
        ended(403, undefined),
        ended(502, 'ServiceUnavailable'),
        ended(499, undefined, false),
        ended(499, undefined, false),
      );
      expect(await report({ cluster })).toMatchObject({ requests: 7, refused: 3, failed: 4 });
    });

    it('counts whole hours, and says which', async () => {
      const cluster = newCluster();
      await add(...[0, 0.9, 1.5, 2.1].map((hours) => requestOf({ cluster, at: midday + hours * hour })));
      const between = await report({ cluster, since: '2026-11-25T14:20:00+01:00', until: '2026-11-25T13:40:00Z' });
      expect(between).toMatchObject({
        since: '2026-11-25T13:00:00.000Z',
        until: '2026-11-25T14:00:00.000Z',
        requests: 1,
      });
      expect(await report({ cluster: newCluster() })).toMatchObject({ rows: [], groups: 0, requests: 0 });
    });

    it('counts what a person may see: their own requests, and those on some clusters', async () => {
      const [mine, other] = [newCluster(), newCluster()];
      await add(
        requestOf({ cluster: mine, who: 'alice' }),
        requestOf({ cluster: mine, who: 'bob' }),
        requestOf({ cluster: other, who: 'alice' }),
        requestOf({ cluster: other, who: 'bob' }),
      );
      const alice = { issuer: 'https://idp.example.com', subject: 'alice' };
      const of = async (cluster: string, only: OnlyOf) =>
        (await report({ cluster, by: 'user' }, only)).rows.map(({ user }) => user);
      expect(await of(mine, alice)).toEqual(['alice@example.com']);
      const more = { ...alice, and: { clusters: [mine], withoutCluster: true } };
      expect(await of(mine, more)).toEqual(['alice@example.com', 'bob@example.com']);
      expect(await of(other, more)).toEqual(['alice@example.com']);
    });

    it('stores requests with any names from a client, and counts none of anonymous callers', async () => {
      const cluster = newCluster();
      const odd = requestOf({ cluster, namespace: 'x' });
      const name = Array.from({ length: 480 }, () =>
        String.fromCodePoint(0x10000 + Math.floor(Math.random() * 9e5)),
      ).join('');
      odd.data.verb = `\0${name}`;
      odd.data.objectRef = { resource: name, subresource: name };
      const anonymous = requestOf({ cluster });
      anonymous.data.user = {};
      delete anonymous.data.sallyport.identity;
      await add(odd, anonymous);
      expect(await report({ cluster })).toMatchObject({ requests: 1 });
    });
  });
}
