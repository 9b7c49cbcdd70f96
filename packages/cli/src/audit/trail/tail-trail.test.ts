import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { auditRow as event } from '../../testing/audit-row.ts';
import { startFakeGateway, type FakeGateway } from '../../testing/fake-gateway.ts';
import { createRig, type Rig } from '../../testing/rig.ts';
import type { Environment } from '../../environment/environment.ts';
import type { OutputFormat } from '../../terminal/output.ts';
import { auditTail } from './tail-trail.ts';

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
    if (/\/audit(\/tail)?$/.test(path)) queries.push(Object.fromEntries(query));
    return undefined;
  };
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

describe('sallyport audit tail', () => {
  /** Runs the tail, which the gateway ends again and again, with an action before each further connection. */
  async function tail(
    steps: (() => void)[],
    output: OutputFormat = 'json',
    { isTTY = false, ...more }: { isTTY?: boolean; stages?: boolean; headers?: boolean; all?: boolean } = {},
  ) {
    const kept = { out: '', err: '' };
    let polls = 0;
    const environment: Environment = {
      ...rig.environment,
      stdout: {
        isTTY,
        columns: 100,
        write: (text: string) => {
          kept.out += text;
        },
      },
      stderr: {
        isTTY,
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
    await auditTail(
      environment,
      { output, headers: true, limit: '2', cluster: 'dev', ...more },
      () => polls >= steps.length,
    );
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

  it('shows one refused exec, which kubectl tried twice, as one', async () => {
    const retry = () => void gateway.audit.events.push({ ...event(3), retryOf: 'a-2' } as never);
    expect(ids((await tail([add(2), retry, add(4)])).out)).toEqual(['e2', 'e4']);
  });

  it('shows both attempts of an exec as events', async () => {
    const retry = () => void gateway.audit.events.push({ ...event(3), retryOf: 'a-2' } as never);
    expect(ids((await tail([add(2), retry], 'json', { stages: true })).out)).toEqual(['e2', 'e3']);
  });

  it('starts with the latest events, then shows each new one once and in order', async () => {
    add(1, 2, 3)();
    expect(ids((await tail([add(4), add(), add(5, 6)])).out)).toEqual(['e2', 'e3', 'e4', 'e5', 'e6']);
    expect(new Set(queries.map(({ routine }) => routine))).toEqual(new Set(['omit']));
    expect(queries.map(({ after, order, cluster }) => [after, order ?? null, cluster])).toEqual([
      [undefined, 'newest', 'dev'],
      ['3', null, 'dev'],
      ['3', null, 'dev'],
      ['4', null, 'dev'],
      ['4', null, 'dev'],
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
    expect(err.match(/Retrying/g)).toHaveLength(1);
    expect(err).toContain('The gateway can be reached again. Continuing after the last event.\n');
  });

  it('does not show its own queries, which would cause further ones', async () => {
    const [session] = gateway.sessions.values();
    const query = (sessionId: string, uri: string) => ({
      ...event(1),
      id: uri,
      type: 'http.request',
      data: { requestURI: uri, sallyport: { sessionId } },
    });
    const happen = () => {
      gateway.audit.events.push(
        query(session!.id, '/.sallyport/api/v1/audit?x'),
        query('other', '/.sallyport/api/v1/audit?y'),
        query(session!.id, '/.sallyport/api/v1/sessions'),
      );
    };
    expect((await tail([happen])).out).toBe('');
    gateway.audit.events = [];
    const { out } = await tail([happen], 'json', { all: true });
    expect(out.match(/"requestURI":"[^"]*"/g)).toEqual([
      '"requestURI":"/.sallyport/api/v1/audit?y"',
      '"requestURI":"/.sallyport/api/v1/sessions"',
    ]);
  });

  it('ends with the session', async () => {
    await expect(tail([() => gateway.revokeAll()])).rejects.toMatchObject({ exit: 'not-logged-in' });
  });

  const staged = (number: number, stage: string, type = 'k8s.request') => ({
    ...event(number),
    type,
    data: { ...event(number).data, stage },
  });

  it('shows the beginning and the end of each request, under a heading', async () => {
    const happen = () =>
      void gateway.audit.events.push(
        staged(1, 'RequestReceived'),
        staged(2, 'ResponseStarted'),
        staged(3, 'ResponseComplete', 'stream.opened'),
        staged(4, 'ResponseComplete'),
        staged(5, 'ResponseComplete', 'session.login'),
      );
    const { out, err } = await tail([happen], 'text');
    expect(out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['TIME', 'EVENT', 'USER'],
      ['2026-11-25T00:00:01.000Z', 'began', 'bob@example.com'],
      ['2026-11-25T00:00:04.000Z', 'ended', 'bob@example.com'],
      ['2026-11-25T00:00:05.000Z', 'bob@example.com', 'dev'],
      [''],
    ]);
    expect(err).not.toContain('Waiting');
    expect((await tail([], 'text', { headers: false })).out).not.toContain('TIME');
    const all = (await tail([], 'text', { stages: true })).out;
    expect(all).toMatch(/^TIME .* STAGE\n/);
  });

  it('fits a terminal, and says there that it waits', async () => {
    const { out, err } = await tail([add(1)], 'text', { isTTY: true });
    expect(err).toContain('Waiting for events. To stop, press Ctrl-C.\n');
    const lines = out
      .replaceAll(/\u001b\[\d+m/g, '')
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(3);
    expect(lines.every((line) => line.length <= 100)).toBe(true);
  });

  it('shows local times on a terminal, and the date where it changes', async () => {
    Object.assign(rig.environment, { timeZone: 'Asia/Kolkata', now: () => Date.parse('2026-11-25T00:00:00Z') });
    const at = (number: number, time: string) => ({ ...event(number), time });
    const happen = () =>
      void gateway.audit.events.push(
        at(1, '2026-11-25T18:29:59.900Z'),
        at(2, '2026-11-25T18:30:00.000Z'),
        at(3, '2026-11-26T08:00:00.000Z'),
      );
    const { out } = await tail([happen], 'text', { isTTY: true });
    const shown = out.replaceAll(/\u001b\[\d+m/g, '').trimEnd();
    expect(shown.split('\n').map((line) => line.replace(/ {2,}.*/, ''))).toEqual([
      'TIME',
      '23:59:59',
      '-- 2026-11-26 --',
      '00:00:00',
      '13:30:00',
    ]);
  });

  it('leaves out what is routine itself if the gateway is older', async () => {
    gateway.audit.refuses = 'routine';
    const call = (number: number) => ({ ...event(number), type: 'http.request', result: 'ok' });
    gateway.audit.events = [event(1), event(2), ...Array.from({ length: 300 }, () => call(3))] as never;
    const happen = () => void gateway.audit.events.push(call(4) as never, event(5));
    expect(ids((await tail([happen])).out)).toEqual(['e1', 'e2', 'e5']);
  });

  it('shows earlier requests even if its own queries were the latest events', async () => {
    const [session] = gateway.sessions.values();
    const own = { ...event(9), type: 'http.request' };
    const data = { requestURI: '/.sallyport/api/v1/audit?x', sallyport: { sessionId: session!.id } };
    gateway.audit.events = [event(1), event(2), event(3), ...Array.from({ length: 2500 }, () => ({ ...own, data }))];
    expect(ids((await tail([])).out)).toEqual(['e2', 'e3']);
  });

  it('prints YAML as one document per event', async () => {
    expect((await tail([add(1, 2)], 'yaml')).out.match(/^---\nid: "?e\d"?$/gm)).toHaveLength(2);
  });

  it('drops an event that comes again, and says why the gateway ended the stream', async () => {
    const sse = (...numbers: number[]) =>
      numbers.map((number) => `event: audit\ndata: ${JSON.stringify(event(number))}\n\n`).join('');
    const answers = [`: \n\n${sse(1, 2)}`, `${sse(1, 2, 3)}event: end\ndata: {"reason":"not-allowed"}\n\n`, ''];
    gateway.override = ({ path }) =>
      path.endsWith('/tail') ? { status: 200, body: answers.shift() ?? '' } : undefined;
    const { out, err } = await tail([() => {}, () => {}]);
    expect(ids(out)).toEqual(['e1', 'e2', 'e3']);
    expect(err).toContain("what the gateway's policy lets you see has changed. Retrying.\n");
  });

  it.each(['authorize-unavailable', 'unjudged'])('says that the gateway cannot check now (%s)', async (reason) => {
    const answers = [`: \n\nevent: end\ndata: {"reason":"${reason}"}\n\n`, ''];
    gateway.override = ({ path }) =>
      path.endsWith('/tail') ? { status: 200, body: answers.shift() ?? '' } : undefined;
    expect((await tail([() => {}, () => {}])).err).toContain(
      'the gateway cannot check now what you may see. Retrying.\n',
    );
  });
});
