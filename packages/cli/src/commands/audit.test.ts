import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';
import { readMoment } from './audit-filters.ts';
import { auditTail } from './audit-tail.ts';

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

const event = (number: number, user = 'bob@example.com') => ({
  id: `e${number}`,
  type: 'k8s.request',
  source: 'sallyport/proxy',
  time: `2026-11-25T00:00:${String(number % 60).padStart(2, '0')}.000Z`,
  key: 'dev/s',
  data: {
    verb: 'create',
    stage: 'ResponseComplete',
    requestURI: '/x',
    user: { username: user },
    objectRef: { resource: 'pods', subresource: 'exec', namespace: 'dev', name: 'web' },
    responseStatus: { code: 403 },
    sallyport: { cluster: { id: 'dev', name: 'dev' }, policyVerb: 'exec', decision: { effect: 'deny' } },
  },
});

describe('sallyport audit search', () => {
  it('shows who did what, where, and the result', async () => {
    gateway.audit.events = [event(1)];
    const { out, err } = await rig.run('audit', 'search');
    expect(out.split('\n')[1]!.split(/ {2,}/)).toEqual([
      '2026-11-25T00:00:01.000Z',
      'bob@example.com',
      'dev',
      'exec',
      'dev/pods/web:exec',
      'deny',
      '403',
      'ResponseComplete',
    ]);
    expect(err).toBe('');
  });

  it('shows how many requests an event represents', async () => {
    const one = event(1);
    gateway.audit.events = [
      { ...one, data: { ...one.data, sallyport: { ...one.data.sallyport, aggregated: { count: 1400 } } } },
    ];
    expect((await rig.run('audit', 'search')).out.split('\n')[1]).toMatch(/403 +ResponseComplete \(1400 times\)$/);
  });

  it("sends the filters under the gateway's names", async () => {
    await rig.run(
      'audit',
      'search',
      '--user',
      'a',
      '--audit-id',
      'b',
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
        auditID: 'b',
        since: '2026-11-25T00:00:00.000Z',
        effect: 'deny',
        code: '403',
        limit: '5',
        order: 'oldest',
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

describe('sallyport audit tail', () => {
  /** Runs the tail for a number of polls, with an action before each. */
  async function tail(steps: (() => void)[], output: 'text' | 'json' = 'json') {
    const kept = { out: '', err: '' };
    let polls = 0;
    const environment = {
      ...rig.environment,
      stdout: {
        isTTY: false,
        write: (text: string) => {
          kept.out += text;
        },
      },
      stderr: {
        isTTY: false,
        write: (text: string) => {
          kept.err += text;
        },
      },
      sleep: () => {
        steps[polls]?.();
        polls += 1;
        return Promise.resolve();
      },
    };
    await auditTail(environment, { output, limit: '2', cluster: 'dev' }, () => polls >= steps.length);
    return kept;
  }
  const ids = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id);
  const add =
    (...numbers: number[]) =>
    () => {
      gateway.audit.events.push(...numbers.map((number) => event(number)));
    };

  it('starts with the latest events, then shows each new one once and in order', async () => {
    add(1, 2, 3)();
    expect(ids((await tail([add(4), add(), add(5, 6)])).out)).toEqual(['e2', 'e3', 'e4', 'e5', 'e6']);
    expect(queries.map(({ after, order, cluster }) => [after, order, cluster])).toEqual([
      [undefined, 'newest', 'dev'],
      ['3', 'oldest', 'dev'],
      ['4', 'oldest', 'dev'],
      ['4', 'oldest', 'dev'],
    ]);
  });

  it('continues after the gateway was down, and reports it once', async () => {
    const away = () => {
      gateway.override = () => ({ status: 503, body: {} });
    };
    const back = () => {
      gateway.override = () => undefined;
      add(1)();
    };
    const { out, err } = await tail([away, () => {}, back]);
    expect(ids(out)).toEqual(['e1']);
    expect(err.match(/not ready \(503\)\. Retrying/g)).toHaveLength(1);
    expect(err).toContain('The gateway can be reached again.');
  });

  it('does not show its own queries, which would cause further ones', async () => {
    const [session] = gateway.sessions.values();
    const query = (sessionId: string, uri: string) => ({
      ...event(1),
      type: 'http.request',
      data: { requestURI: uri, sallyport: { sessionId } },
    });
    const { out } = await tail([
      () => {
        gateway.audit.events.push(
          query(session!.id, '/.sallyport/api/v1/audit?x'),
          query('other', '/.sallyport/api/v1/audit?y'),
          query(session!.id, '/.sallyport/api/v1/sessions'),
        );
      },
    ]);
    expect(out.match(/"requestURI":"[^"]*"/g)).toEqual([
      '"requestURI":"/.sallyport/api/v1/audit?y"',
      '"requestURI":"/.sallyport/api/v1/sessions"',
    ]);
  });

  it('ends with the session', async () => {
    await expect(tail([() => gateway.revokeAll()])).rejects.toMatchObject({ exit: 'not-logged-in' });
  });

  it('shows one event per line as text', async () => {
    expect((await tail([add(1)], 'text')).out).toMatch(
      /^2026-11-25T00:00:01\.000Z +bob@example\.com .* dev\/pods\/web:exec .*\n$/,
    );
  });
});
