import { auditEventTypes, auditResults } from '@sallyport/contracts/answers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../../testing/fake-gateway.ts';
import { auditRow as event } from '../../testing/audit-row.ts';
import { createRig, type Rig } from '../../testing/rig.ts';
import { readMoment } from './trail-filters.ts';

let gateway: FakeGateway;
let rig: Rig;
let queries: Record<string, string>[];
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  await rig.run('login', '--gateway', gateway.origin);
  queries = [];
  gateway.override = ({ path, query }) => {
    if (path.endsWith('/audit')) queries.push(Object.fromEntries(query));
    return undefined;
  };
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

describe('sallyport audit search', () => {
  it('shows who did what, where, and the result', async () => {
    gateway.audit.events = [event(1)];
    const { out, err } = await rig.run('audit', 'search');
    expect(out.split('\n')[1]!.split(/ {2,}/)).toEqual([
      '2026-11-24T23:59:59.500Z',
      'bob@example.com',
      'dev',
      'exec',
      'dev/pods/web:exec',
      'refused',
      '403',
      '1.5s',
    ]);
    expect(err).toBe('');
    expect(queries).toEqual([{ order: 'newest', limit: '100', view: 'requests' }]);
  });

  it('shows every stage only if asked for, and then names it', async () => {
    gateway.audit.events = [event(1)];
    for (const more of [['--stages'], ['--stage', 'ResponseComplete'], ['--type', 'stream.cut']])
      expect((await rig.run('audit', 'search', ...more)).out).toMatch(
        /^TIME .* STAGE\n2026-11-25T00:00:01\.000Z .* 403 +ResponseComplete\n$/,
      );
    expect(queries.map(({ view }) => view)).toEqual([undefined, undefined, undefined]);
  });

  it('shows a request that has not ended as open, and details with -o wide', async () => {
    const one = event(1);
    const { responseStatus: _none, ...data } = { ...one.data, stage: 'RequestReceived', auditID: 'a-1' };
    const ours = { rule: 'r1', effect: 'allow', reasons: ['groups-ok', 'x'] };
    const sallyport = { decision: ours, clientAddress: '10.1.2.3', sessionId: 's-1', exec: { command: ['sh', '-c'] } };
    gateway.audit.events = [{ ...one, result: undefined, data: { ...data, sallyport } } as never, event(2)];
    expect((await rig.run('audit', 'search')).out).toMatch(/web:exec +open\n$/);
    expect((await rig.run('audit', 'search', '-o', 'wide')).out).toMatch(
      /RESULT +CODE +DURATION +EFFECT +RULE +REASONS +ADDRESS +SESSION +AUDIT +COMMAND\n[^]* open +allow +r1 +groups-ok x +10\.1\.2\.3 +s-1 +a-1 +sh -c\n$/,
    );
  });

  it('prints each Audit-ID once with -o name', async () => {
    const of = (number: number, auditID: string) => ({ ...event(number), data: { ...event(number).data, auditID } });
    gateway.audit.events = [of(1, 'a'), of(2, 'b'), of(3, 'a')];
    expect((await rig.run('audit', 'search', '--stages', '-o', 'name')).out).toBe('a\nb\n');
  });

  it.each([
    ['--audit-id', '5f0c6a1e', 'auditIDPrefix', '5f0c6a1e'],
    ['--audit-id', '5F0C6A1E…', 'auditIDPrefix', '5f0c6a1e'],
    ['--audit-id', '5f0c6a1e-1111-4000-8000-000000000001', 'auditID', '5f0c6a1e-1111-4000-8000-000000000001'],
    ['--session', '5f0c', 'sessionPrefix', '5f0c'],
    ['--session', 'ses_1', 'session', 'ses_1'],
    ['--rule', 'default-deny', 'rule', 'default-deny'],
    ['--result', 'denied-by-cluster', 'result', 'denied-by-cluster'],
    ['--reason', 'session-ended', 'reason', 'session-ended'],
    ['--group', 'developers', 'group', 'developers'],
    ['--elevation', 'incident', 'elevation', 'incident'],
    ['--agent', 'review-bot', 'agent', 'review-bot'],
    ['--workload', 'ci', 'workload', 'ci'],
    ['--address', '10.1.2.3', 'address', '10.1.2.3'],
    ['--command', 'rm -rf', 'command', 'rm -rf'],
    ['--type', 'login.failed', 'type', 'login.failed'],
  ])('asks the gateway for %s %s', async (option, value, name, sent) => {
    await rig.run('audit', 'search', option, value);
    expect(queries[0]).toEqual({ [name]: sent, order: 'newest', limit: '100', view: 'requests' });
  });

  it('knows the types of events that there are', async () => {
    for (const type of auditEventTypes) expect((await rig.run('audit', 'search', '--type', type)).code).toBe(0);
    expect((await rig.run('audit', 'search', '--type', 'k8s.answer')).err).toContain(auditEventTypes.join(', '));
  });

  it('knows the results that there are', async () => {
    for (const result of auditResults) expect((await rig.run('audit', 'search', '--result', result)).code).toBe(0);
    expect((await rig.run('audit', 'search', '--result', 'deny')).err).toContain(
      `choices are ${auditResults.join(', ')}\n`,
    );
  });

  it('shows how many requests an event represents', async () => {
    const one = event(1);
    gateway.audit.events = [
      { ...one, data: { ...one.data, sallyport: { ...one.data.sallyport, aggregated: { count: 1400 } } } },
    ];
    expect((await rig.run('audit', 'search')).out.split('\n')[1]).toMatch(/403 +1400 times$/);
    expect((await rig.run('audit', 'search', '--stages')).out).toMatch(/403 +ResponseComplete \(1400 times\)\n$/);
  });

  it("sends the filters under the gateway's names", async () => {
    await rig.run(
      'audit',
      'search',
      '--user',
      'a',
      '--since',
      '2026-11-25T00:00:00Z',
      '--effect',
      'deny',
      '--code',
      '403',
      '--limit',
      '5',
      '--order',
      'oldest',
    );
    expect(queries).toEqual([
      {
        user: 'a',
        since: '2026-11-25T00:00:00.000Z',
        effect: 'deny',
        code: '403',
        limit: '5',
        order: 'oldest',
        view: 'requests',
      },
    ]);
  });

  it('reads pages up to the limit, and reports if there are more', async () => {
    gateway.audit.events = Array.from({ length: 2500 }, (_one, index) => event(index));
    const { out } = await rig.run('audit', 'search', '--limit', '2100', '-o', 'json');
    const { events, more } = JSON.parse(out) as { events: { id: string }[]; more: boolean };
    expect([events.length, new Set(events.map(({ id }) => id)).size, events[0]!.id, events.at(-1)!.id, more]).toEqual([
      2100,
      2100,
      'e2499',
      'e400',
      true,
    ]);
    expect(queries.map(({ limit }) => limit)).toEqual(['1000', '1000', '100']);
    expect((await rig.run('audit', 'search')).err).toContain('There are more events. Use --limit 1000');
  });

  it('escapes what clients wrote into events, in both formats', async () => {
    gateway.audit.events = [
      {
        ...event(1),
        data: { user: { username: 'a\u001b[2J\nb' }, verb: 7, objectRef: 'x', sallyport: null, requestURI: '/\u009b' },
      },
    ];
    expect((await rig.run('audit', 'search')).out).toContain('a\\x1b[2J\\x0ab');
    expect((await rig.run('audit', 'search', '-o', 'json')).out).not.toMatch(/[\u001b\u009b]/);
  });

  it.each([
    [
      'reports if the gateway shows only your own events',
      [event(1, 'alice@example.com')],
      'own',
      "these are your own events. To see events of other users, you must be listed in the gateway's api.policy.audit",
    ],
    [
      'gives a possible reason if all events are your own',
      [event(1, 'alice@example.com')],
      undefined,
      'all of these are your own',
    ],
    ['gives a possible reason if there are no events', [], undefined, 'nothing was found'],
  ])('%s', async (_what, events, scope, words) => {
    Object.assign(gateway.audit, { events, scope });
    expect((await rig.run('audit', 'search')).err).toContain(words);
  });

  it.each([
    [['--since', 'yesterday'], 'not a time'],
    [['--code', 'x'], 'not an HTTP status'],
    [['--limit', '0'], 'not a number of events'],
    [['--limit', '1e3'], 'not a number of events'],
  ])('refuses %j', async (args, words) => {
    expect(await rig.run('audit', 'search', ...args)).toMatchObject({ code: 2, err: expect.stringContaining(words) });
    expect(queries).toEqual([]);
  });
});

describe('a time', () => {
  const now = Date.parse('2026-11-25T12:00:00Z');
  it.each([
    ['15m', '2026-11-25T11:45:00.000Z'],
    ['7d', '2026-11-18T12:00:00.000Z'],
    ['2026-11-24', '2026-11-24T00:00:00.000Z'],
    ['2026-11-24T10:00:00+02:00', '2026-11-24T08:00:00.000Z'],
  ])('%s is %s', (text, moment) => {
    expect(readMoment(text, now)).toBe(moment);
  });
  it.each(['', '15', '-1h', '999999999d', '2026-13-01', '2026', 'now'])('rejects %j', (text) => {
    expect(() => readMoment(text, now)).toThrow('is not a time');
  });
});
