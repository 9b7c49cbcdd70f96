import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../../testing/fake-gateway.ts';
import { createRig, type Rig } from '../../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
let asked: Record<string, string>[];
let body: Record<string, unknown>;

beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig({ now: () => Date.UTC(2026, 10, 24, 12) });
  await rig.run('login', '--gateway', gateway.origin);
  asked = [];
  body = {
    since: '2026-11-24T08:00:00.000Z',
    until: '2026-11-24T12:00:00.000Z',
    step: 300_000,
    events: 1203,
    buckets: [
      { time: '2026-11-24T08:00:00.000Z', events: 1200, results: { ok: 1195, none: 5 } },
      { time: '2026-11-24T08:05:00.000Z', events: 3, results: { ok: 2, refused: 1 } },
    ],
    facets: {
      user: {
        values: [
          { value: 'alice@example.com', events: 1190 },
          { value: 'x\u001b[2J', events: 3 },
        ],
        others: 10,
      },
      code: { values: [{ value: '200', events: 1197 }], others: 0 },
    },
    scope: 'all',
  };
  gateway.override = ({ path, query }) => {
    if (!path.endsWith('/audit/summary')) return undefined;
    asked.push(Object.fromEntries(query));
    return { status: 200, body };
  };
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

describe('sallyport audit summary', () => {
  it('shows the most frequent values, and how the requests ended', async () => {
    const { code, out, err } = await rig.run(
      'audit',
      'summary',
      '--since',
      '4h',
      '--facets',
      'user, code',
      '--code',
      '200',
    );
    expect(code).toBe(0);
    expect(asked).toEqual([
      { facets: 'user,code', since: '2026-11-24T08:00:00.000Z', code: '200', view: 'requests', routine: 'omit' },
    ]);
    expect(out.split('\n')[0]).toMatch(/^FACET +VALUE +EVENTS/);
    expect(out).toMatch(/^user +alice@example.com +1190$/m);
    expect(out).toMatch(/^user +\(others\) +10$/m);
    expect(out).toMatch(/^code +200 +1197$/m);
    expect(out).not.toContain('\u001b');
    expect(err).toBe(
      '1,203 requests and other events from 2026-11-24T08:00:00.000Z to 2026-11-24T12:00:00.000Z: 1,197 ok, 1 refused.\n',
    );
  });

  it('says if there was no time to count everything', async () => {
    body.countedFrom = '2026-11-24T08:04:00.000Z';
    const { err } = await rig.run('audit', 'summary', '--stages', '--all');
    expect(asked).toEqual([{ facets: 'user,cluster,namespace,resource,verb,code', since: '2026-11-23T12:00:00.000Z' }]);
    expect(err).toMatch(/^1,203 events from .*\nNote: there was no time for those before 2026-11-24T08:04:00\.000Z\./);
  });

  it('prints the whole answer as JSON, and says if the events are only the caller’s own', async () => {
    body.scope = 'own';
    const { out, err } = await rig.run('audit', 'summary', '-o', 'json');
    expect(JSON.parse(out)).toEqual(body);
    expect(err).toMatch(/^Note: these are your own events/);
  });
});
