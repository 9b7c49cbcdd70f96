import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';
import { readableBytes } from './list-streams.ts';

let gateway: FakeGateway;
let rig: Rig;
let asked: string[];
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  await rig.run('login', '--gateway', gateway.origin);
  asked = [];
  gateway.override = ({ path, query }) => {
    asked.push(`${path.replace('/.sallyport/api/v1', '')}?${query.toString()}`);
    return undefined;
  };
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

const stream = (more: object = {}) => ({
  id: 'stream-1',
  kind: 'exec',
  proxy: 'proxy/a1',
  cluster: 'dev',
  verb: 'create',
  user: 'alice@example.com',
  clientAddress: '10.0.0.9',
  auditId: 'audit-1',
  namespace: 'shop',
  resource: 'pods',
  name: 'web',
  subresource: 'exec',
  path: '/api/v1/namespaces/shop/pods/web/exec',
  container: 'main',
  since: 1_700_000_000_000,
  bytesIn: 12,
  bytesOut: 3_500_000,
  ...more,
});
const answerWith = (body: object) => {
  gateway.override = ({ path }) => (path.endsWith('/streams') ? { status: 200, body } : undefined);
};
const list = (...more: string[]) => rig.run('sessions', 'list', '--streams', ...more);

describe('sallyport sessions list --streams', () => {
  it('shows open streams like kubectl arguments, with session and traffic', async () => {
    gateway.streams = [
      stream({ recording: 'rec-1' }),
      stream({
        id: 'stream-2',
        kind: 'watch',
        verb: 'watch',
        name: '',
        subresource: '',
        container: undefined,
        namespace: '',
      }),
      stream({
        id: 'stream-3',
        kind: 'portforward',
        subresource: 'portforward',
        container: undefined,
        ports: [80, 9090],
      }),
      stream({ id: 'stream-4', kind: 'proxy', subresource: 'proxy', resource: 'services', container: undefined }),
    ];
    const { code, out } = await list();
    const [session] = gateway.sessions.values();
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect([code, asked]).toEqual([0, ['/streams?']]);
    expect(lines[0]).toEqual([
      'STREAM',
      'USER',
      'KIND',
      'CLUSTER',
      'WHAT',
      'SINCE',
      'IN',
      'OUT',
      'RECORDING',
      'SESSION',
    ]);
    expect(lines[1]).toEqual([
      'stream-1',
      'alice@example.com',
      'exec',
      'dev',
      'pods/web -n shop -c main',
      '2023-11-14T22:13:20Z',
      '12 B',
      '3.3 MiB',
      'rec-1',
      session!.id,
    ]);
    expect(lines.slice(2).map((line) => line[4])).toEqual([
      'pods',
      'pods/web/portforward -n shop :80,9090'.replace('/portforward', ''),
      'services/web -n shop',
    ]);
  });

  it('shows all columns with -o wide, and exact numbers with -o json', async () => {
    gateway.streams = [stream()];
    expect((await list('-o', 'wide')).out).toMatch(
      /SESSION +VERB +FROM +GATEWAY +AUDIT\n.* create +10\.0\.0\.9 +proxy\/a1 +audit-1\n$/,
    );
    expect(JSON.parse((await list('-o', 'json')).out)).toMatchObject({
      streams: [{ id: 'stream-1', bytesOut: 3_500_000, since: '2023-11-14T22:13:20.000Z' }],
      missing: [],
      omitted: 0,
    });
  });

  it('shows when streams ended, why, and with which exit code', async () => {
    const end = 1_700_000_060_000;
    gateway.streams = [
      stream({ end, reason: 'session-ended', detail: 'This session was ended. Log in again.' }),
      stream({ end, exitCode: 3 }),
    ];
    const { out } = await list('--ended');
    expect(asked).toEqual(['/streams?ended=true']);
    const [heading, cut, closed] = out.split('\n');
    expect(heading).toMatch(/SINCE +ENDED +WHY +EXIT +IN/);
    expect(cut).toMatch(/2023-11-14T22:14:20Z +session-ended {2,}12 B/);
    expect(closed).toMatch(/2023-11-14T22:14:20Z +closed +3 +12 B/);
    expect((await list('--ended', '-o', 'wide')).out).toMatch(/DETAIL\n.*This session was ended\. Log in again\.\n/);
  });

  it('sends its filters', async () => {
    const session = 'f0c6a1e5-0000-4000-8000-000000000001';
    await list('--all', '--ended', '--user', 'bob@example.com', '--cluster', 'dev', '--session', session);
    expect(asked).toEqual([`/streams?ended=true&all=true&user=bob%40example.com&cluster=dev&session=${session}`]);
  });

  it('reports that there are no streams', async () => {
    expect(await list()).toMatchObject({ out: '', err: 'No stream is open.\n' });
    expect(await list('--ended')).toMatchObject({ out: '', err: 'No stream has ended recently.\n' });
  });

  it('escapes control characters in names', async () => {
    gateway.streams = [stream({ name: 'web\u001b[2J', user: 'eve\u0007' })];
    const { out } = await list();
    expect(out).toContain('web\\x1b[2J');
    expect(out).not.toMatch(/[\u0007\u001b]/);
  });

  it.each(['text', 'wide', 'json'])('shows an incomplete list, and then fails (%s)', async (form) => {
    answerWith({ streams: [{ ...stream(), sessionId: 's' }], missing: ['proxy/b2'], omitted: 0 });
    expect(await list('-o', form)).toMatchObject({
      code: 10,
      out: expect.stringContaining('stream-1'),
      err: expect.stringContaining('proxy/b2 did not answer'),
    });
    answerWith({ streams: [{ ...stream(), sessionId: 's' }], missing: [], omitted: 512 });
    expect(await list('-o', form)).toMatchObject({
      code: 10,
      out: expect.stringContaining('stream-1'),
      err: expect.stringMatching(/512 more streams.*\n.*--user/),
    });
  });

  it('reports why it is refused', async () => {
    gateway.override = () => ({
      status: 403,
      body: {
        title: 'no',
        detail: 'You may see only your own streams (api.policy.sessions).',
        code: 'forbidden',
      },
    });
    expect(await list('--all')).toMatchObject({
      code: 5,
      out: '',
      err: expect.stringContaining('only your own streams'),
    });
  });
});

describe('sallyport sessions list', () => {
  it.each([
    ['--ended', [] as string[]],
    ['--cluster', ['dev']],
    ['--session', ['x']],
  ])('does not ignore %s, which needs --streams', async (option, value) => {
    expect(await rig.run('sessions', 'list', option, ...value)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining(`--streams ${[option, ...value].join(' ')}`),
    });
    expect(asked).toEqual([]);
  });

  it('accepts -o wide too', async () => {
    expect(await rig.run('sessions', 'list', '-o', 'wide')).toMatchObject({
      code: 0,
      out: expect.stringContaining('SESSION'),
    });
  });
});

describe('a number of bytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1_572_864, '1.5 MiB'],
    [5e15, '4547.5 TiB'],
  ])('%d is shown as %s', (bytes, text) => {
    expect(readableBytes(bytes)).toBe(text);
  });
});
