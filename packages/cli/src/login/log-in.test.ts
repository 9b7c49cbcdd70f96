import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { browse, createRig, printedPage, type Rig } from '../testing/rig.ts';

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

const login = (...args: string[]) => rig.run('login', '--gateway', gateway.origin, ...args);
const filesBelow = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => path.join(directory, name));
const tokenOf = () => [...gateway.sessions.keys()][0]!;
const count = (call: string) => gateway.calls.filter((one) => one === call).length;

/** Lets a test use the printed page instead of a browser. */
function byHand(act: (url: URL) => Promise<unknown>): { done: Promise<unknown> } {
  const hand = { done: Promise.resolve() as Promise<unknown> };
  rig.onErr = (text) => {
    const page = printedPage(text);
    if (page !== '') hand.done = act(new URL(page));
  };
  return hand;
}

describe('sallyport login', () => {
  it('logs in through the browser, and prints as whom and until when', async () => {
    const { code, out, err } = await login();
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^Logged in to http:\/\/localhost:\d+ as alice@example\.com until 20/),
    });
    expect(rig.opened).toEqual([expect.stringMatching(/^(xdg-open|open) /)]);
    expect(rig.opened[0]).toContain(printedPage(err));
  });

  it('prints its result as JSON on standard output only', async () => {
    const { out } = await login('-o', 'json');
    expect(JSON.parse(out)).toMatchObject({
      gateway: gateway.origin,
      user: 'alice@example.com',
      session: { id: expect.any(String) },
    });
  });

  it('opens no browser with --no-browser, and waits for the printed page', async () => {
    const hand = byHand((url) => browse(url.href));
    const { code } = await login('--no-browser');
    expect(code).toBe(0);
    expect(await hand.done).toContain('You are <strong><bdi>alice@example.com</bdi></strong>.');
    expect(rig.opened).toEqual([]);
  });

  it('prints the page even if no browser can be started', async () => {
    rig.environment.launch = () => Promise.resolve(false);
    byHand((url) => browse(url.href));
    const { code, err } = await login();
    expect(code).toBe(0);
    expect(err).toContain('Open this page in your browser');
  });

  it('stores the credential privately, and the token nowhere else', async () => {
    const { out, err } = await login();
    const token = tokenOf();
    for (const file of filesBelow(rig.home))
      expect({ file, mode: statSync(file).mode & 0o077 }).toEqual({ file, mode: 0 });
    const holders = filesBelow(rig.home)
      .filter((file) => statSync(file).isFile() && readFileSync(file, 'utf8').includes(token))
      .map((file) => path.basename(file));
    expect(holders.toSorted()).toEqual(['credential.json', 'exec-cache']);
    expect(out + err + rig.opened.join() + gateway.raw.join()).not.toContain(token);
  });

  it('remembers the gateway for later commands', async () => {
    await login();
    expect((await rig.run('whoami')).out).toContain('alice@example.com');
  });

  it('ignores a response with another state, and keeps waiting', async () => {
    const hand = byHand(async (url) => {
      const redirect = url.searchParams.get('redirect_uri')!;
      const forged = await fetch(`${redirect}?code=stolen&state=other`);
      await browse(url.href);
      return forged.status;
    });
    expect((await login('--no-browser')).code).toBe(0);
    expect(await hand.done).toBe(400);
    expect(gateway.raw.join()).not.toContain('stolen');
  });

  it('rejects any other path, host or method', async () => {
    const hand = byHand(async (url) => {
      const redirect = new URL(url.searchParams.get('redirect_uri')!);
      const query = `?code=x&state=${url.searchParams.get('state')!}`;
      const answers = await Promise.all([
        fetch(`${redirect.origin}/callback${query}`),
        fetch(`${redirect.origin.replace('127.0.0.1', 'localhost')}${redirect.pathname}${query}`),
        fetch(redirect.href + query, { method: 'POST' }),
      ]);
      await browse(url.href);
      return answers.map(({ status }) => status);
    });
    expect((await login('--no-browser')).code).toBe(0);
    expect(await hand.done).toEqual([404, 404, 404]);
  });

  it('reports why the provider refused, with its text escaped', async () => {
    byHand((url) =>
      fetch(
        `${url.searchParams.get('redirect_uri')!}?${new URLSearchParams({ error: 'access_denied', error_description: 'No \u001b[31mway', state: url.searchParams.get('state')! }).toString()}`,
      ),
    );
    const { code, err } = await login('--no-browser');
    expect(code).toBe(6);
    expect(err).toContain('the login was refused: No \\x1b[31mway');
    expect(existsSync(path.join(rig.home, 'current-gateway'))).toBe(false);
  });

  it('gives up after --timeout', async () => {
    const { code, err } = await login('--no-browser', '--timeout', '1');
    expect(code).toBe(6);
    expect(err).toContain('the login was not finished within 1 seconds');
  });

  it('exchanges a code once, also for a browser that repeats the redirect', async () => {
    const hand = byHand(async (url) => {
      const redirect = (await fetch(url, { redirect: 'manual' })).headers.get('location')!;
      return Promise.all([browse(redirect), browse(redirect)]);
    });
    expect((await login('--no-browser')).code).toBe(0);
    const as = expect.stringContaining('<bdi>alice@example.com</bdi>');
    expect(await hand.done).toEqual([as, as]);
    expect(count('POST /.sallyport/token')).toBe(1);
  });

  it('says on the page that the user is not logged in if the code is not accepted', async () => {
    gateway.override = ({ path: asked }) => (asked === '/.sallyport/token' ? { status: 400, body: {} } : undefined);
    const hand = byHand((url) => browse(url.href));
    expect((await login('--no-browser')).code).toBe(6);
    expect(await hand.done).toContain('<h1>Not logged in</h1>');
  });

  it('reports that the code was not accepted', async () => {
    gateway.override = ({ path: asked }) =>
      asked === '/.sallyport/token'
        ? { status: 400, body: { error: 'invalid_grant', error_description: 'too late' } }
        : undefined;
    expect(await login()).toMatchObject({
      code: 6,
      err: expect.stringContaining('did not accept the login: too late'),
    });
  });

  it('opens one browser for two logins at the same time', async () => {
    const both = await Promise.all([login(), login()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(rig.opened).toHaveLength(1);
    expect(count('POST /.sallyport/token')).toBe(1);
  });

  it('takes over from a login whose process has ended', async () => {
    await login();
    const lock = filesBelow(rig.home)
      .find((file) => file.endsWith('credential.json'))!
      .replace('credential.json', 'login.lock');
    writeFileSync(lock, JSON.stringify({ id: 'x', pid: process.pid, birth: '1' }));
    expect((await login('--force')).code).toBe(0);
    expect(existsSync(lock)).toBe(false);
  });

  it.each([
    ['a page that is not https', { signInUrl: 'http://evil.example.com/' }, 6],
    ['a page that is a program', { signInUrl: 'file:///bin/sh' }, 6],
    ['a page with a user', { signInUrl: 'https://a:b@evil.example.com/' }, 6],
    ['no page', {}, 4],
    ['invalid JSON', '<html>', 4],
    ['a list', [], 4],
  ])('opens no page for %s', async (_what, body, code) => {
    gateway.override = ({ path: asked }) => (asked === '/.sallyport/login' ? { status: 200, body } : undefined);
    expect((await login()).code).toBe(code);
    expect(rig.opened).toEqual([]);
  });

  it.each([
    ['a token that would break a header', { access_token: 'spt_a\r\nx: y aaaaaaaaaaaaaaaa' }],
    ['a token with a quote', { access_token: 'spt_"aaaaaaaaaaaaaaaaaaaaaa' }],
    ['no session', { session: undefined }],
    ['an invalid expiry', { session: { id: 'x', expiresAt: 'soon', idleMs: 1 } }],
  ])('stores nothing from an answer with %s', async (_what, change) => {
    const good = {
      access_token: `spt_${'a'.repeat(43)}`,
      session: { id: 'x', expiresAt: Date.now() + 1e6, idleMs: 1000 },
      identity: { user: 'a' },
    };
    gateway.override = ({ path: asked }) =>
      asked === '/.sallyport/token' ? { status: 200, body: { ...good, ...change } } : undefined;
    expect((await login()).code).toBe(4);
    expect(filesBelow(rig.home).some((file) => file.endsWith('credential.json'))).toBe(false);
  });

  it.each([
    ['http://gate.example.com', 'would send your credential unencrypted'],
    ['ftp://gate.example.com', 'not an https URL'],
    ['https://gate.example.com/clusters/dev', 'is the address of a cluster, not of a gateway'],
    ['https://user:pass@gate.example.com', 'must not contain a user'],
    ['https://gate.example.com/x', 'has a path'],
    ['https://gate.example.com/?a=b', 'query or fragment'],
    ['https://a+b.example.com', 'is not supported'],
  ])('refuses the gateway %s', async (url, words) => {
    expect(await rig.run('login', '--gateway', url)).toMatchObject({ code: 2, err: expect.stringContaining(words) });
  });

  it('takes the gateway as an argument, and completes it', async () => {
    const refused = await rig.run('login', 'localhost:1');
    expect(refused).toMatchObject({ code: 4, err: expect.stringContaining('the gateway https://localhost:1 cannot') });
    expect(await rig.run('login', gateway.origin)).toMatchObject({ code: 0, out: expect.stringContaining('alice') });
    expect(await rig.run('login', gateway.origin, '--gateway', 'localhost:1')).toMatchObject({
      code: 2,
      err: expect.stringContaining('the gateway is given twice'),
    });
  });

  it('says which gateway it takes if the user did not type it', async () => {
    expect((await login()).err).not.toContain('Logging in to');
    const line = (source: string) => `Logging in to ${gateway.origin} (from ${source}).`;
    expect((await rig.run('login', '--max-age', '0s')).err).toContain(line('your last login'));
    writeFileSync(
      rig.kubeconfig,
      JSON.stringify({
        'current-context': 'here',
        contexts: [{ name: 'here', context: { cluster: 'c' } }],
        clusters: [{ name: 'c', cluster: { server: `${gateway.origin}/clusters/dev` } }],
      }),
    );
    expect((await rig.run('login', '--max-age', '0s')).err).toContain(line(`kubectl's current context "here"`));
    expect((await rig.run('login', '--context', 'here', '--max-age', '0s')).err).toContain(line('--context here'));
  });

  it('tells what to do if the connection is refused', async () => {
    await gateway.close();
    const { code, err } = await login();
    expect({ code, err }).toEqual({
      code: 4,
      err: expect.stringMatching(/cannot be reached: connection refused\n {2}Check the address/),
    });
  });
});

describe('sallyport logout', () => {
  it('ends the session at the gateway, and deletes the credential', async () => {
    await login();
    expect(await rig.run('logout')).toMatchObject({ code: 0, out: expect.stringContaining('Logged out') });
    expect(gateway.sessions.size).toBe(0);
    expect(filesBelow(rig.home).filter((file) => /credential|exec-cache|last-served/.test(file))).toEqual([]);
    expect(await rig.run('whoami')).toMatchObject({
      code: 3,
      err: expect.stringContaining('sallyport login --gateway'),
    });
  });

  it('deletes the credential even if the gateway is down, and reports what remains', async () => {
    await login();
    await gateway.close();
    expect(await rig.run('logout')).toMatchObject({
      code: 4,
      err: expect.stringContaining('deleted from this machine, but the session could not be ended'),
    });
    expect((await rig.run('whoami')).code).toBe(3);
  });

  it('is not an error without a login', async () => {
    expect(await rig.run('logout', '--gateway', gateway.origin, '-o', 'json')).toMatchObject({
      code: 0,
      out: expect.stringContaining('"loggedOut": false'),
    });
  });
});

describe('a login with requirements', () => {
  const pages = () => rig.opened.map((line) => new URL(/http\S+/.exec(line)![0]).searchParams);

  it('passes them to the page', async () => {
    expect((await login('--max-age', '1h5m', '--acr', 'phr,phrh', 'gold')).code).toBe(0);
    expect([pages()[0]!.get('max_age'), pages()[0]!.get('acr_values')]).toEqual(['3900', 'phr phrh gold']);
    expect((await login('--max-age', '0s')).code).toBe(0);
    expect([pages()[1]!.get('max_age'), pages()[1]!.get('acr_values')]).toEqual(['0', null]);
  });

  it('passes the provider and the user name', async () => {
    expect((await login('--provider', 'partners', '--login-hint', 'alice@example.com')).code).toBe(0);
    expect([pages()[0]!.get('provider'), pages()[0]!.get('login_hint')]).toEqual(['partners', 'alice@example.com']);
    expect((await login('--provider')).code).toBe(0);
    expect([pages()[1]!.get('provider'), pages()[1]!.get('choose')]).toEqual([null, 'true']);
  });

  it.each([
    [['--max-age', '5'], 'not a duration'],
    [['--max-age', '-5m'], 'not a duration'],
    [['--max-age', '5 m'], 'not a duration'],
    [['--max-age', '500d'], 'not a duration'],
    [['--acr', 'a b'], 'not an authentication context class'],
    [['--device', '--acr', 'x'], 'cannot be combined with --max-age'],
    [['--device', '--provider', 'x'], 'cannot be combined with --max-age'],
    [['--provider', 'Not a name'], 'not the name of an identity provider'],
    [['--login-hint', ' '], 'empty or too long'],
  ])('refuses %j', async (args, words) => {
    expect(await login(...args)).toMatchObject({ code: 2, err: expect.stringContaining(words) });
    expect(gateway.calls).toEqual([]);
  });
});
