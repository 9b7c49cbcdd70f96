import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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
const login = (...args: string[]) => rig.run('login', gateway.origin, ...args);
const ask = () => rig.run('exec-credential', `${gateway.origin}/clusters/dev`);
const sessionIds = () => [...gateway.sessions.values()].map(({ id }) => id);
const stream = {
  id: 'x',
  kind: 'exec',
  proxy: 'p',
  cluster: 'dev',
  verb: 'create',
  user: 'alice',
  clientAddress: '',
  auditId: '',
  namespace: '',
  resource: 'pods',
  name: '',
  subresource: 'exec',
  path: '',
  since: 0,
  bytesIn: 0,
  bytesOut: 0,
};
/** The identity providers that the logins asked for, in turn. */
const providersAsked = () =>
  rig.opened.map((line) => new URL(/http\S+$/.exec(line)![0]).searchParams.get('provider') ?? 'none');

describe('a login where the user is logged in already', () => {
  it('says so, and asks for nothing', async () => {
    await login();
    const again = await login();
    expect(again).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Already logged in to http:\S+ as alice@example\.com until 20/),
      err: 'To log in anew, run: sallyport login --force\n',
    });
    expect(JSON.parse((await login('-o', 'json')).out)).toMatchObject({
      user: 'alice@example.com',
      alreadyLoggedIn: true,
    });
    expect(rig.opened).toHaveLength(1);
    expect(gateway.sessions.size).toBe(1);
  });

  it.each([[['--force']], [['--max-age', '5m']], [['--acr', 'phr']], [['--login-hint', 'bob']], [['--provider']]])(
    'is a new one with %j',
    async (args) => {
      await login();
      expect((await login(...args)).out).toMatch(/^Logged in/);
      expect(rig.opened).toHaveLength(2);
    },
  );

  it('is a new one at another identity provider only', async () => {
    await login();
    expect((await login('--provider', 'corp')).out).toMatch(/^Already logged in/);
    expect((await login('--provider', 'partners')).out).toMatch(/^Logged in/);
  });

  it('is a new one if the gateway has ended the session', async () => {
    await login();
    gateway.revokeAll();
    expect((await login()).out).toMatch(/^Logged in/);
  });
});

describe('a new login', () => {
  it('ends the session that it replaces', async () => {
    await login();
    const [old] = sessionIds();
    const { err } = await login('--force');
    expect(sessionIds()).toHaveLength(1);
    expect(sessionIds()).not.toContain(old);
    expect(err).not.toContain('previous session');
    expect(gateway.calls).toContain(`DELETE /.sallyport/api/v1/sessions/${old}`);
  });

  it('leaves it as long as a stream is open in it, and says how to end it', async () => {
    await login();
    const [old] = sessionIds();
    gateway.streams = [stream, stream];
    expect((await login('--force')).err).toContain(
      `Your previous session stays: 2 streams are open in it. To end it, run: sallyport sessions revoke ${old}\n`,
    );
    expect(sessionIds()).toContain(old);
  });

  it.each([
    ['a replica does not answer', 200, { streams: [], missing: ['gateway-2'], omitted: 0 }],
    ['there are too many streams for a list', 200, { streams: [], missing: [], omitted: 3 }],
    ['the streams cannot be listed', 503, {}],
    ['the answer cannot be understood', 200, []],
  ])('leaves it if %s', async (_what, status, body) => {
    await login();
    const [old] = sessionIds();
    gateway.override = ({ path: asked }) => (asked.endsWith('/streams') ? { status, body } : undefined);
    expect(await login('--force')).toMatchObject({
      code: 0,
      err: expect.stringContaining('Your previous session stays'),
    });
    expect(sessionIds()).toContain(old);
  });
});

describe('the identity provider of login --provider', () => {
  it('is used from then on, also by kubectl, until another one is chosen', async () => {
    await login('--provider', 'partners');
    gateway.revokeAll();
    await ask(); // served from the cache
    await ask();
    await login('--force');
    await login('--provider', 'corp', '--force');
    await login('--force');
    await login('--login-hint', 'alice@partners.example');
    await login('--provider');
    await login('--force');
    expect(providersAsked()).toEqual(['partners', 'partners', 'partners', 'corp', 'corp', 'none', 'none', 'none']);
  });

  it('is not remembered if the gateway does not have it', async () => {
    gateway.override = ({ query }) =>
      query.get('provider') === 'typo'
        ? { status: 400, body: { detail: 'No identity provider has this ID.' } }
        : undefined;
    expect(await login('--provider', 'typo')).toMatchObject({ code: 2 });
    expect((await login()).code).toBe(0);
    expect(providersAsked()).toEqual(['none']);
  });

  it('is forgotten once the gateway no longer has it', async () => {
    await login('--provider', 'partners');
    gateway.override = ({ query }) =>
      query.get('provider') === 'partners' ? { status: 400, body: { detail: 'No such provider.' } } : undefined;
    expect(await login('--force')).toMatchObject({ code: 0, err: expect.stringContaining('so it is forgotten') });
    expect((await login('--force')).err).not.toContain('forgotten');
  });
});

describe('a directory of the program that cannot be used', () => {
  // Every new name below /proc "does not exist", even for root. Node.js tries forever to create a directory there.
  const homes = [
    ['below /proc', () => '/proc/sallyport-home', /\/proc\/sallyport-home cannot be used/],
    ['that is a file', () => file(), /is not a directory|cannot be used: a part of its path is not a directory/],
    ['below a file', () => path.join(file(), 'home'), /cannot be used: a part of its path is not a directory/],
  ] as const;
  const file = () => {
    writeFileSync(path.join(rig.directory, 'file'), '');
    return path.join(rig.directory, 'file');
  };

  it.each(homes)('(%s) is reported by every command at once, before a browser opens', async (_what, home, words) => {
    rig.environment.env.SALLYPORT_HOME = home();
    for (const run of [
      () => login(),
      () => login('--no-browser'),
      ask,
      () => rig.run('kubeconfig', '--merge', '--offline', '--cluster', 'dev', '--gateway', gateway.origin),
    ]) {
      const { code, err } = await run();
      expect({ err, code }).toMatchObject({ err: expect.stringMatching(words), code: run === ask ? 1 : 7 });
    }
    expect(rig.opened).toEqual([]);
    expect(gateway.calls.filter((call) => call.includes('login'))).toEqual([]);
    expect(existsSync(rig.kubeconfig)).toBe(false);
  });

  it('does not keep logout from ending the session', async () => {
    await login();
    // A directory where a file should be is not removed, whoever runs the test.
    const cache = path.join(rig.home, 'gateways', gateway.origin.replace('://', '+'), 'exec-cache');
    rmSync(cache);
    mkdirSync(cache);
    expect(await rig.run('logout')).toMatchObject({
      code: 7,
      err: expect.stringMatching(/the session has ended, but the credential could not be deleted from this machine/),
    });
    expect(gateway.sessions.size).toBe(0);
  });
});
