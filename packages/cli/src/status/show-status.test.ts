import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { elevation } from '../testing/elevation.ts';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});
const logIn = (origin = gateway.origin) => rig.run('login', '--gateway', origin);
const json = async (code: number) => {
  const run = await rig.run('status', '-o', 'json');
  expect(run.code).toBe(code);
  return JSON.parse(run.out) as { next: { command: string }[]; gateways: object[] };
};

/** Writes a kubeconfig with one context per cluster. */
function writeContexts(clusters: readonly string[], current?: string): void {
  const config = {
    'current-context': current,
    contexts: clusters.map((name) => ({ name: `sallyport-${name}`, context: { cluster: name } })),
    clusters: clusters.map((name) => ({ name, cluster: { server: `${gateway.origin}/clusters/${name}` } })),
  };
  writeFileSync(rig.kubeconfig, JSON.stringify(config));
}

describe('sallyport status', () => {
  it('shows who, where, until when and what can be reached, and what to do next', async () => {
    await logIn();
    gateway.streams = [];
    const { code, out, err } = await rig.run('status');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      new RegExp(
        `^Gateway: +${gateway.origin} \\(from your last login\\)\nState: +logged in\nUser: +alice@example\\.com\n` +
          'Groups: +developers\nProvider: +corp\nSession: +\\S+\nSince: +1970-01-01T00:00:00Z\n' +
          'Until: +\\S+Z \\(in 11h59m\\)\nIf unused: +\\S+Z \\(in 1h59m\\)\nClusters: +dev, prod\nStreams: +0 open\n',
      ),
    );
    expect(out).toContain('\nNext:\n  sallyport kubeconfig --merge  # because kubectl has no context for dev, prod\n');
  });

  it('says that someone waits for an approval, and how to see what for', async () => {
    await logIn();
    const waiting = elevation({ user: 'bob@example.com', mine: false, may: ['approve', 'deny'] });
    const own = elevation({ mine: true, may: ['withdraw'] });
    gateway.override = ({ path }) =>
      path.endsWith('/elevations') ? { status: 200, body: { elevations: [own, waiting], omitted: 0 } } : undefined;
    const { out } = await rig.run('status');
    const step = `  sallyport elevations show ${waiting.id}  # because bob@example.com waits for your approval of `;
    expect(out.split(step)).toHaveLength(2);
  });

  it('is data for programs, with times as RFC 3339 and without a token', async () => {
    await logIn();
    const [token, session] = [...gateway.sessions][0]!;
    const found = await json(0);
    expect(found).toMatchObject({
      state: 'logged-in',
      gateway: gateway.origin,
      user: 'alice@example.com',
      session: { id: session.id, until: new Date(session.expiresAt).toISOString() },
      clusters: ['dev', 'prod'],
      openStreams: 0,
      contexts: [],
      problems: [],
    });
    const { out } = await rig.run('status', '-o', 'yaml');
    expect(out).toContain('state: logged-in\n');
    expect(JSON.stringify(found) + out).not.toContain(token);
  });

  it('names what is next: a context to use, then the cluster itself', async () => {
    await logIn();
    writeContexts(['dev', 'prod']);
    expect((await json(0)).next).toMatchObject([{ command: 'kubectl config use-context sallyport-dev' }]);
    writeContexts(['dev', 'prod'], 'sallyport-prod');
    expect((await json(0)).next).toMatchObject([{ command: 'kubectl get pods' }]);
    writeContexts(['prod'], 'sallyport-prod');
    expect((await json(0)).next).toMatchObject([{ command: 'sallyport kubeconfig --merge' }]);
  });

  it('says that a session ends soon', async () => {
    gateway.sessionLife.lifetimeMs = 10 * 60_000;
    await logIn();
    expect((await rig.run('status')).out).toContain(
      `sallyport login ${gateway.origin} --force  # because your session ends soon\n`,
    );
  });

  it('says how to log in, with exit code 3: before the first login, after the last, and if the session has ended', async () => {
    expect(await rig.run('status')).toMatchObject({
      code: 3,
      out: expect.stringMatching(/^State: +not logged in\n\nNext:\n {2}sallyport login gate\.example\.com/),
      err: expect.stringContaining('no gateway was found'),
    });
    await logIn();
    await rig.run('logout');
    const next = [{ command: `sallyport login ${gateway.origin}` }];
    expect(await json(3)).toMatchObject({ state: 'not-logged-in', gateway: gateway.origin, next });
    await logIn();
    gateway.revokeAll();
    expect(await json(3)).toMatchObject({ state: 'not-logged-in', next, gateways: [{ current: true }] });
    expect((await rig.run('status')).err).toContain('you are not logged in');
  });

  it('shows what is stored if the gateway cannot be reached, with exit code 4', async () => {
    await logIn();
    const { origin } = gateway;
    await gateway.close();
    expect(await json(4)).toMatchObject({
      state: 'unreachable',
      gateway: origin,
      user: 'alice@example.com',
      problems: [expect.stringContaining('cannot be reached')],
    });
    const { out, err } = await rig.run('status');
    expect(out).toMatch(/State: +cannot be reached; this is what is stored on this machine\nUser: +alice/);
    expect(err).toContain('cannot be reached');
  });

  it('says that the gateway cannot be reached also to who is not logged in, and does not advise a login', async () => {
    await logIn();
    await rig.run('logout');
    await gateway.close();
    expect(await json(4)).toMatchObject({
      state: 'unreachable',
      gateway: gateway.origin,
      problems: [expect.stringContaining('cannot be reached')],
      next: [{ command: 'sallyport status' }],
    });
    const { out } = await rig.run('status');
    expect(out).toMatch(/State: +cannot be reached; you are not logged in\n\nNext:\n {2}sallyport status /);
  });

  it('shows what it knows if a part cannot be read', async () => {
    await logIn();
    gateway.override = ({ path }) =>
      path.endsWith('/streams') ? { status: 503, body: { detail: 'busy' } } : undefined;
    const { code, out, err } = await rig.run('status');
    expect(code).toBe(0);
    expect(out).toContain('Clusters:  dev, prod\n');
    expect(out).not.toContain('Streams:');
    expect(err).toContain('Note: the gateway is not ready (503): busy\n');
  });

  it('lists the other gateways with their logins', async () => {
    const other = await startFakeGateway();
    await logIn(other.origin);
    await logIn();
    const { out } = await rig.run('status');
    expect(out).toMatch(new RegExp(`Other gateways:\n {2}${other.origin} {2}alice@example\\.com, until \\S+Z\n`));
    expect((await json(0)).gateways).toHaveLength(2);
    await other.close();
  });

  it('escapes what a gateway answers', async () => {
    await logIn();
    gateway.override = ({ path }) =>
      path.endsWith('/me')
        ? {
            status: 200,
            body: { user: 'eve\u001b[2J', groups: ['a\nState: x'], session: { id: 's\u009b', expiresAt: 1 } },
          }
        : undefined;
    expect((await rig.run('status')).out).not.toMatch(/[\u001b\u009b]|^State: x/m);
  });
});
