import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
beforeEach(async () => {
  gateway = await startFakeGateway();
  // The time limit of a completion is the sleep that ends first. A busy machine needs more than a person would wait.
  rig = createRig({ sleep: (ms) => pause(5 * ms, undefined, { ref: false }) });
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

/** Completes the last word of a line. Returns the values, and whether files can come too. */
async function complete(line: string): Promise<string[]> {
  const { code, out, err } = await rig.run('__complete', '--', ...line.split(' '));
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out
    .trimEnd()
    .split('\n')
    .map((one) => one.split('\t')[0]!);
}
const logIn = () => rig.run('login', '--gateway', gateway.origin);

describe('a completion', () => {
  it.each([
    ['log', ['login', 'logout', ':none']],
    [
      'audit ',
      [
        'search',
        'show',
        'tail',
        'export',
        'report',
        'summary',
        'verify',
        'keys',
        'import',
        'join',
        'webhook-token',
        'help',
        ':none',
      ],
    ],
    ['audit search --ord', ['--order', ':none']],
    ['audit search --order ', ['newest', 'oldest', ':none']],
    ['audit search --order=n', ['--order=newest', ':none']],
    ['whoami -o ', ['text', 'json', 'yaml', ':none']],
    ['doct', ['doctor', ':none']],
    ['doctor -o j', ['json', ':none']],
    ['clusters -o w', ['wide', ':none']],
    ['completion ', ['bash', 'zsh', 'fish', 'powershell', ':none']],
    ['config check ', [':files']],
    ['cluster ', ['add', 'check', 'remove', 'help', ':none']],
    ['cluster add prod --token ', ['bound', 'secret', ':none']],
    ['cluster add prod --kubeconfig ', [':files']],
    ['cluster add prod --out ', [':files']],
    ['login --ca-file ', [':files']],
    ['login --timeout ', [':none']],
    ['policy lint a.yaml ', [':files']],
    ['can-i get pods -- ', [':none']],
    ['nope ', [':none']],
    ['whoami --nope=', [':none']],
  ])('of "%s" is %j', async (line, expected) => {
    const found = await complete(line);
    expect(found.filter((value) => value !== 'help')).toEqual(expected.filter((value) => value !== 'help'));
  });

  it('of a context for cluster add comes from the kubeconfig that is named', async () => {
    const contexts = ['prod-admin', 'dev'].map((name) => ({ name, context: { cluster: 'c', user: 'u' } }));
    writeFileSync(path.join(rig.directory, 'admin'), JSON.stringify({ contexts }));
    expect(await complete('cluster add prod --kubeconfig admin --context ')).toEqual(['prod-admin', 'dev', ':none']);
    expect(await complete('cluster add prod --context ')).toEqual([':none']);
  });

  it('leaves out options that are given, and says what the others are', async () => {
    expect(await complete('audit search --user bob --us')).toEqual([':none']);
    expect((await rig.run('__complete', '--', 'logout', '--every')).out).toBe(
      '--everywhere\talso end all your other sessions, in browsers and on other machines\n:none\n',
    );
  });

  it('has values from the gateway for the user who is logged in', async () => {
    await logIn();
    const [session] = gateway.sessions.values();
    expect(await complete('can-i get pods --cluster ')).toEqual(['dev', 'prod', ':none']);
    expect(await complete('audit search --cluster=p')).toEqual(['--cluster=prod', ':none']);
    expect(await complete('sessions revoke ')).toEqual([session!.id, ':none']);
    expect(await complete(`sessions revoke ${session!.id} `)).toEqual([':none']);
    expect(await complete('whoami --gateway ')).toEqual([gateway.origin, ':none']);
  });

  it('has the agents whose events the user may search for', async () => {
    await logIn();
    const scope = { clusters: ['dev'], verbs: ['get'], secrets: false, shell: false };
    const agent = (name: string, user: string) => ({ id: name, name, user, scope, createdAt: 0, expiresAt: 0 });
    gateway.override = ({ path, query }) =>
      path.endsWith('/agents')
        ? {
            status: 200,
            body: {
              agents: [agent('bot', 'alice'), ...(query.get('all') === 'true' ? [agent('bobs', 'bob')] : [])],
              maySeeAll: true,
            },
          }
        : undefined;
    expect(await complete('audit search --agent ')).toEqual(['bot', 'bobs', ':none']);
  });

  it('has the elevations that the user may ask for, and where', async () => {
    await logIn();
    const option = (name: string, approvalsNeeded: number, places: object[]) => ({
      name,
      groups: ['admins'],
      maxDurationMs: 3_600_000,
      approvalsNeeded,
      reason: 'required',
      ticket: { required: false },
      places,
    });
    const options = [
      option('prod-admin', 1, [{ cluster: 'prod' }, { cluster: 'eu' }]),
      option('break-glass', 0, [
        { cluster: 'prod', namespaces: ['shop', 'pay-*'] },
        { cluster: 'dev', namespaces: ['x'] },
      ]),
    ];
    gateway.override = ({ path }) =>
      path.endsWith('/elevations/options') ? { status: 200, body: { options, omitted: 0 } } : undefined;
    expect(await complete('elevate ')).toEqual(['prod-admin', 'break-glass', ':none']);
    expect(await complete('elevate --cluster eu ')).toEqual(['prod-admin', ':none']);
    expect((await rig.run('__complete', '--', 'elevate', 'b')).out).toContain(
      'break-glass\tadmins for up to 1h, no approval',
    );
    expect(await complete('elevate --cluster ')).toEqual(['prod', 'eu', 'dev', ':none']);
    expect(await complete('elevate break-glass --cluster ')).toEqual(['prod', 'dev', ':none']);
    expect(await complete('elevate break-glass --cluster prod -n ')).toEqual(['shop', ':none']);
    expect(await complete('can-i get pods -n ')).toEqual([':none']);
  });

  it('has the elevations with which the user may do what the line says', async () => {
    await logIn();
    const [mine, other, over] = ['1', '2', '3'].map((digit) => `5f0c6a1e-0000-4000-8000-00000000000${digit}`);
    const elevation = (id: string, state: string, ...may: string[]) => ({
      id,
      name: 'prod-admin',
      cluster: 'prod',
      groups: ['admins'],
      state,
      user: 'alice@example.com',
      mine: false,
      durationMs: 1,
      createdAt: 1,
      pendingUntil: 1,
      approvalsNeeded: 1,
      approvals: [],
      unrecorded: false,
      may,
    });
    const open = [elevation(mine!, 'active', 'revoke', 'extend'), elevation(other!, 'pending', 'approve', 'deny')];
    gateway.override = ({ path, query }) => {
      if (!path.endsWith('/elevations')) return undefined;
      const elevations = query.get('all') === 'true' ? [...open, elevation(over!, 'expired')] : open;
      return { status: 200, body: { elevations, omitted: 0 } };
    };
    expect(await complete('elevations approve ')).toEqual([other, ':none']);
    expect(await complete('elevations revoke ')).toEqual([mine, ':none']);
    expect(await complete('elevations extend ')).toEqual([mine, ':none']);
    expect(await complete('elevations withdraw ')).toEqual([':none']);
    expect(await complete('elevations show ')).toEqual([mine, other, over, ':none']);
    expect(await complete('audit search --elevation ')).toEqual([mine, other, over, 'prod-admin', ':none']);
    expect(await complete('elevations report --cluster ')).toEqual(['dev', 'prod', ':none']);
  });

  it('asks the gateway that the line names', async () => {
    const other = await startFakeGateway();
    await logIn();
    await rig.run('login', '--gateway', other.origin);
    other.override = () => ({ status: 200, body: { clusters: [{ name: 'theirs', url: 'x' }] } });
    expect(await complete('can-i --cluster ')).toEqual(['theirs', ':none']);
    expect(await complete(`can-i --gateway ${gateway.origin} --cluster `)).toEqual(['dev', 'prod', ':none']);
    await other.close();
  });

  it('has the contexts of kubectl that lead to a gateway', async () => {
    writeFileSync(
      rig.kubeconfig,
      JSON.stringify({
        contexts: [
          { name: 'sallyport-dev', context: { cluster: 'a' } },
          { name: 'elsewhere', context: { cluster: 'b' } },
        ],
        clusters: [
          { name: 'a', cluster: { server: 'https://gate.example.com/clusters/dev' } },
          { name: 'b', cluster: { server: 'https://10.0.0.1:6443' } },
        ],
      }),
    );
    expect(await complete('whoami --context ')).toEqual(['sallyport-dev', ':none']);
  });

  it('is silent, and does not log in, without a login or a gateway that answers', async () => {
    expect(await complete('can-i --cluster ')).toEqual([':none']);
    await logIn();
    gateway.calls.length = 0;
    gateway.revokeAll();
    expect(await complete('can-i --cluster ')).toEqual([':none']);
    expect(gateway.calls).toEqual(['GET /.sallyport/api/v1/clusters']);
    gateway.override = () => ({ status: 200, body: '<html>' });
    expect(await complete('can-i --cluster ')).toEqual([':none']);
    await gateway.close();
    expect(await complete('can-i --cluster ')).toEqual([':none']);
    expect(await complete('whoami --gateway http://localhost')).toEqual([gateway.origin, ':none']);
    expect(rig.opened).toHaveLength(1);
  });

  it('does not wait for a gateway that does not answer', async () => {
    await logIn();
    gateway.override = () => ({ status: 200, body: new Promise(() => {}) });
    const environment = { ...rig.environment, sleep: () => Promise.resolve() };
    const hasty = createRig(environment);
    expect((await hasty.run('__complete', '--', 'can-i', '--cluster', '')).out).toBe(':none\n');
    hasty.remove();
  });

  it('keeps what could be a command away from the shell', async () => {
    await logIn();
    const ids = ['$(touch x)', '`x`', 'a;b', 'a b', "a'b", 'a\nb', 'a\u001b[2J', 'ok-1'];
    gateway.override = ({ path: asked }) =>
      asked.endsWith('/sessions')
        ? { status: 200, body: { sessions: ids.map((id) => ({ id, user: '\u001b]0;x\n\t' })) } }
        : undefined;
    const { out } = await rig.run('__complete', '--', 'sessions', 'revoke', '');
    expect(out).toMatch(/^ok-1\t\\x1b\]0;x\\x0a\\x09, since .*\n:none\n$/);
  });

  it('knows the empty word that PowerShell cannot pass', async () => {
    expect((await rig.run('__complete', '--empty', '--', 'audit', 'search', '--order')).out).toBe(
      'newest\noldest\n:none\n',
    );
  });

  it('offers known gateways to log in to', async () => {
    mkdirSync(path.join(rig.home, 'gateways', 'https+gate.example.com:8443'), { recursive: true });
    writeFileSync(path.join(rig.home, 'gateways', 'https+gate.example.com:8443', 'settings.json'), '{}');
    expect(await complete('login ')).toEqual(['https://gate.example.com:8443', ':none']);
  });
});
