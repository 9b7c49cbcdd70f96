import { auditEventTypes, auditResults } from '@sallyport/contracts/answers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../../testing/fake-gateway.ts';
import { auditRow as event } from '../../testing/audit-row.ts';
import { createRig, type Rig } from '../../testing/rig.ts';
import { runCli } from '../../program/run-cli.ts';
import { readMoment } from './trail-filters.ts';

let gateway: FakeGateway;
let rig: Rig;
let queries: Record<string, string>[];
beforeEach(async () => {
  gateway = await startFakeGateway();
  gateway.sessionLife.lifetimeMs = 10 * 365 * 86_400_000;
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
    expect(queries).toEqual([{ order: 'newest', limit: '100', view: 'requests', routine: 'omit' }]);
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
    const routine = ['--audit-id', '--session', '--type', '--rule'].includes(option) ? {} : { routine: 'omit' };
    expect(queries[0]).toEqual({ [name]: sent, order: 'newest', limit: '100', view: 'requests', ...routine });
  });

  it.each([['--all'], ['--user', 'gateway:discovery'], ['--rule', 'api/audit[0].allow.or']])(
    'shows what is routine with %s',
    async (...args) => {
      await rig.run('audit', 'search', ...args);
      expect(queries.map(({ routine }) => routine)).toEqual([undefined]);
    },
  );

  it('says how to see what is routine if nothing else was found', async () => {
    const note = "Calls of the gateway's own API are left out: to see them too, add --all.";
    expect((await rig.run('audit', 'search')).err).toContain(`No event matches. ${note}\n`);
    expect((await rig.run('audit', 'search', '--all')).err).not.toContain(note);
  });

  it('leaves out what is routine itself if the gateway is older, on as many pages as it takes', async () => {
    gateway.audit.refuses = 'routine';
    const call = (number: number, code: number) => {
      const { data, ...row } = event(number);
      const ended = { ...data, responseStatus: { code }, objectRef: undefined, sallyport: { sessionId: 's' } };
      return { ...row, type: 'http.request', result: code === 200 ? 'ok' : 'refused', data: ended };
    };
    gateway.audit.events = [
      event(1),
      event(2),
      call(3, 403),
      ...Array.from({ length: 2500 }, () => call(4, 200)),
      event(5),
    ] as never;
    const found = async (limit: string) => {
      const { out } = await rig.run('audit', 'search', '--limit', limit, '-o', 'json');
      const { events, more } = JSON.parse(out) as { events: { id: string }[]; more: boolean };
      return [events.map(({ id }) => id), more];
    };
    expect(await found('10')).toEqual([['e5', 'e3', 'e2', 'e1'], false]);
    expect(queries.map(({ routine, limit }) => [routine ?? null, limit])).toEqual([
      ['omit', '10'],
      [null, '1000'],
      [null, '1000'],
      [null, '1000'],
    ]);
    expect(await found('2')).toEqual([['e5', 'e3'], true]);
    gateway.audit.refuses = 'view';
    expect(await rig.run('audit', 'search')).toMatchObject({ code: 2, err: expect.stringContaining('view: unknown') });
  });

  describe('on a terminal', () => {
    const search = async (
      args: string[],
      { columns = 100, timeZone = 'Europe/Berlin', now = '2026-11-25T12:00:00Z' } = {},
    ) => {
      const kept = { out: '' };
      const stdout = { isTTY: true, columns, write: (text: string) => void (kept.out += text) };
      const environment = { ...rig.environment, stdout, timeZone, now: () => Date.parse(now) };
      environment.env = { ...environment.env, NO_COLOR: '1' };
      expect(await runCli(['audit', 'search', ...args], environment)).toBe(0);
      return kept.out.trimEnd().split('\n');
    };
    const times = async (...given: Parameters<typeof search>) =>
      (await search(...given)).slice(1).map((line) => line.split(/ {2,}/)[0]);
    const at = (number: number, requestReceivedTimestamp: string) => {
      const row = event(number);
      return { ...row, time: requestReceivedTimestamp, data: { ...row.data, requestReceivedTimestamp } };
    };

    it('shows local times of today without the date', async () => {
      gateway.audit.events = [at(1, '2026-11-24T23:30:00.999999Z'), at(2, '2026-11-25T11:59:59.1Z')];
      expect(await times([])).toEqual(['12:59:59', '00:30:00']);
      expect(await times(['--utc'])).toEqual(['11-25 11:59:59Z', '11-24 23:30:00Z']);
      const csv = await search(['-o', 'csv', '--user', 'bob@example.com']);
      expect(csv[1]).toContain('2026-11-25T11:59:59.100Z,bob@example.com,');
      expect(await times(['-o', 'wide'])).toEqual(['2026-11-25T11:59:59.100Z', '2026-11-24T23:30:00.999Z']);
    });

    it('shows the date of all rows if one is of another day, and the year if it is of another year', async () => {
      gateway.audit.events = [at(1, '2026-11-23T10:00:00Z'), at(2, '2026-11-25T10:00:00Z')];
      expect(await times([])).toEqual(['11-25 11:00:00', '11-23 11:00:00']);
      gateway.audit.events = [at(1, '2025-12-31T23:00:00Z'), at(2, '2025-12-31T22:59:59Z')];
      expect(await times([])).toEqual(['2026-01-01 00:00:00', '2025-12-31 23:59:59']);
    });

    it('tells the two hours apart that a clock shows twice when summer ends', async () => {
      gateway.audit.events = [
        '2026-10-24T23:59:59Z',
        '2026-10-25T00:30:00Z',
        '2026-10-25T01:30:00Z',
        '2026-10-25T02:00:00Z',
      ].map((time, index) => at(index, time));
      expect(await times(['--order', 'newest'], { now: '2026-10-25T12:00:00Z' })).toEqual([
        '03:00:00',
        '02:30:00+01:00',
        '02:30:00+02:00',
        '01:59:59',
      ]);
    });

    it('keeps what tells rows apart, and leaves out what all of them have in common', async () => {
      const named = (number: number, name: string) => {
        const row = event(number);
        row.data.objectRef = { resource: 'configmaps', subresource: '', namespace: 'production-payments', name };
        return row;
      };
      gateway.audit.events = [
        named(1, 'settings-of-the-payment-service-2026'),
        named(2, 'settings-of-the-payment-service-2027'),
      ];
      const lines = await search([]);
      expect(lines.every((line) => line.length <= 100)).toBe(true);
      expect(lines[0]).toMatch(/^TIME +USER +CLUSTER +VERB +OBJECT +RESULT +CODE +DURATION$/);
      expect(lines[1]).toMatch(/^00:59:59 +bob@example.com +dev +exec +product\S*…\S+-service-2027 +refused +403/);
      expect(lines[2]).toMatch(/…\S+-service-2026 /);
      const fewer = ['--user', 'bob@example.com', '--cluster', 'dev', '--result', 'refused', '--code', '403'];
      const narrow = await search([...fewer, '--namespace', 'production-payments'], { columns: 80 });
      expect(narrow[0]).toMatch(/^TIME +VERB +OBJECT +DURATION$/);
      expect(narrow[1]).toContain(' configmaps/settings-of-the-payment-service-2027 ');
    });
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
        routine: 'omit',
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
    [['--since', 'tomorrow'], 'not a time'],
    [['--code', 'x'], 'not an HTTP status'],
    [['--limit', '0'], 'not a number of events'],
    [['--limit', '1e3'], 'not a number of events'],
  ])('refuses %j', async (args, words) => {
    expect(await rig.run('audit', 'search', ...args)).toMatchObject({ code: 2, err: expect.stringContaining(words) });
    expect(queries).toEqual([]);
  });
});

describe('a time', () => {
  const at = (now: string, timeZone: string) => ({ now: () => Date.parse(now), timeZone });
  const berlin = at('2026-11-25T12:00:00Z', 'Europe/Berlin');

  it.each([
    ['today', '2026-11-24T23:00:00.000Z'],
    ['yesterday', '2026-11-23T23:00:00.000Z'],
    ['09:30', '2026-11-25T08:30:00.000Z'],
    ['09:30:15.5', '2026-11-25T08:30:15.500Z'],
    ['2026-07-01 09:30', '2026-07-01T07:30:00.000Z'],
    ['2026-07-01T09:30:15', '2026-07-01T07:30:15.000Z'],
    // Summer ends, and the clock shows this time twice; it begins, and the clock skips this one.
    ['2026-10-25 02:30', '2026-10-25T00:30:00.000Z'],
    ['2026-03-29 02:30', '2026-03-29T01:30:00.000Z'],
  ])('without a zone is by the clock of the person: %s', (text, moment) => {
    expect(readMoment(text, berlin)).toBe(moment);
  });

  it.each([
    ['2026-03-29T21:59:00Z', '2026-03-27T23:00:00.000Z'], // today has 23 hours
    ['2026-10-25T22:59:00Z', '2026-10-23T22:00:00.000Z'], // today has 25 hours
    ['2026-10-26T10:00:00Z', '2026-10-24T22:00:00.000Z'], // yesterday had 25 hours
  ])('yesterday is the day before today, however long they are: at %s', (now, moment) => {
    expect(readMoment('yesterday', at(now, 'Europe/Berlin'))).toBe(moment);
  });

  it.each([
    ['15m', '2026-11-25T11:45:00.000Z'],
    ['7d', '2026-11-18T12:00:00.000Z'],
    ['2026-11-24', '2026-11-24T00:00:00.000Z'],
    ['2026-11-24T10:00:00+02:00', '2026-11-24T08:00:00.000Z'],
  ])('%s is %s', (text, moment) => {
    expect(readMoment(text, berlin)).toBe(moment);
  });
  it.each(['', '15', '-1h', '999999999d', '2026-13-01', '2026', 'now', '24:30', '9:30', '09:60', '2026-13-01 09:30'])(
    'rejects %j',
    (text) => {
      expect(() => readMoment(text, berlin)).toThrow('is not a time');
    },
  );
});
