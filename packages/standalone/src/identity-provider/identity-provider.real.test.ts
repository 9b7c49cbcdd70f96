import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { createAuthenticateApp, createProviderClient, readLoginSettings } from '@sallyport/authenticate';
import { configSchema } from '@sallyport/contracts';
import { type AuditSink } from '@sallyport/audit-log';
import { hashToken, listenHttp, type Listening, type OutboundFetch } from '@sallyport/kit';
import {
  createMemoryNameStore,
  createMemorySessionStore,
  createMemorySingleUseStore,
  type SessionStore,
} from '@sallyport/stores';
import { createPages } from '@sallyport/pages';
import { createIdentityProvider, type IdentityProvider } from './create-identity-provider.ts';
import { demoPeople } from './people.ts';

const consoleMethods = ['log', 'info', 'warn', 'error'] as const;
let consoleSpies: jest.SpiedFunction<() => void>[];
let provider: IdentityProvider;
let others: IdentityProvider[] = [];
let gateway: Listening;
let origin: string;
let sessions: SessionStore;
const client = () => ({
  clientId: 'sallyport',
  clientSecret: 'a secret of the tests',
  redirectUris: [`${origin}/.sallyport/callback`],
  postLogoutRedirectUris: [`${origin}/.sallyport/signed-out`],
  backchannelLogoutUri: `${origin}/.sallyport/backchannel-logout/demo`,
});
const sink: AuditSink = {
  publish: async () => {},
  enqueue: () => {},
  hasRoom: () => true,
  ping: async () => {},
  close: async () => {},
};

/** Creates the login service with the gateway's headers. */
function createGateway(issuer: string): Server {
  const config = configSchema.parse({
    gateway: { url: origin },
    identity: {
      providers: [
        { id: 'demo', issuer, clientId: 'sallyport', clientSecret: 'a secret of the tests', allowInsecureIssuer: true },
      ],
    },
  });
  sessions = createMemorySessionStore({ now: Date.now });
  const app = createAuthenticateApp({
    settings: readLoginSettings(config),
    sessions,
    singleUse: createMemorySingleUseStore({ now: Date.now }),
    names: createMemoryNameStore({ now: Date.now }),
    audit: sink,
    logger: pino({ level: 'silent' }),
    pages: createPages({ host: 'gate.example.com' }),
    now: Date.now,
    providers: config.identity.providers.map((one) =>
      createProviderClient({ provider: one, fetch: fetch as unknown as OutboundFetch, now: Date.now }),
    ),
    verifier: { verified: () => 'proxy', verify: async () => 'proxy' },
    randomToken: () => randomBytes(32).toString('base64url'),
    randomId: randomUUID,
  });
  return createServer((request, response) => {
    request.headers['sallyport-origin'] = origin;
    app(request, response);
  });
}

beforeEach(async () => {
  consoleSpies = consoleMethods.map((method) => jest.spyOn(console, method).mockImplementation(() => {}));
  provider = await createIdentityProvider();
  const probe = await listenHttp(createServer(), { host: '127.0.0.1', port: 0 }, 'the test');
  origin = `http://127.0.0.1:${probe.port}`;
  await probe.close(0);
  provider.register(client());
  gateway = await listenHttp(createGateway(provider.issuer), { host: '127.0.0.1', port: probe.port }, 'the test');
});
afterEach(async () => {
  await gateway.close(0);
  for (const one of [provider, ...others.splice(0)]) await one.close();
  const printed = consoleSpies.flatMap((spy) => spy.mock.calls);
  jest.restoreAllMocks();
  expect(printed).toEqual([]);
});

/**
 * Creates a browser with one cookie jar for 127.0.0.1, because cookies ignore ports. It follows redirects until it gets a
 * page or leaves the host.
 */
function createBrowser() {
  const jar = new Map<string, { value: string; path: string }>();
  const go = async (
    address: string,
    form?: Record<string, string>,
  ): Promise<{ url: string; status: number; text: string }> => {
    const { pathname } = new URL(address);
    const cookie = [...jar]
      .filter(([, one]) => pathname.startsWith(one.path))
      .map(([name, one]) => `${name}=${one.value}`)
      .join('; ');
    const response = await fetch(address, {
      redirect: 'manual',
      headers: { accept: 'text/html', cookie },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /expires=thu, 01 jan 1970|max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, { value, path: /path=([^;]+)/i.exec(line)?.[1] ?? '/' });
    }
    const location = response.headers.get('location');
    const next = location === null ? undefined : new URL(location, address).href;
    if (next === undefined || next.startsWith('http://127.0.0.1:1/'))
      return { url: next ?? address, status: response.status, text: await response.text() };
    return go(next);
  };
  return { go, jar };
}
const verifier = 'v'.repeat(43);
const cliLogin = () =>
  `${origin}/.sallyport/login?${new URLSearchParams({ redirect_uri: 'http://127.0.0.1:1/cb', state: 'state-of-the-cli', code_challenge: hashToken(verifier), code_challenge_method: 'S256' }).toString()}`;

describe('the people of the embedded provider log in with one plain form', () => {
  it.each(demoPeople.map((person) => [person.user, person] as const))('logs in %s', async (_user, person) => {
    const { go } = createBrowser();
    const form = await go(cliLogin());
    expect(form.status).toBe(200);
    expect(form.text.match(/<form/g)).toHaveLength(1);
    expect(form.text).toMatch(/<input name="login"[\s\S]+<input name="password"/);
    const back = await go(form.url, { login: person.user, password: person.user.split('@')[0]! });
    const query = new URL(back.url).searchParams;
    expect(query.get('state')).toBe('state-of-the-cli');
    const answer = await fetch(`${origin}/.sallyport/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: query.get('code')!,
        code_verifier: verifier,
        redirect_uri: 'http://127.0.0.1:1/cb',
      }),
    });
    expect(await answer.json()).toMatchObject({
      identity: { user: person.user, email: person.user, groups: person.groups },
    });
    expect(await sessions.list()).toMatchObject([
      { identity: { issuer: provider.issuer, name: person.name, amr: ['pwd'] } },
    ]);
  });

  it('whom the page lists, each with a link that fills in the form', async () => {
    const { go } = createBrowser();
    const page = await go(`${origin}/.sallyport/login`);
    const links = [...page.text.matchAll(/<a class="choice" href="([^"]+)">([^ ]+) /g)];
    expect(links.map(([, , user]) => user)).toEqual(demoPeople.map(({ user }) => user));
    const filled = await go(new URL(links[1]![1]!, page.url).href);
    expect(filled.text).toMatch(/name="login"[^>]+value="bob@example\.com"[\s\S]+name="password"[^>]+value="bob"/);
    expect((await go(filled.url, { login: 'bob@example.com', password: 'bob' })).url).toMatch(/\/\.sallyport\/me$/);
  });

  it('no page fills in a password that cannot be guessed from the address', async () => {
    provider.change('alice@example.com', { password: 'a password of her own' });
    const { go } = createBrowser();
    const page = await go(`${origin}/.sallyport/login`);
    expect(page.text).not.toContain('alice@example.com');
    expect((await go(`${page.url}?as=alice%40example.com`)).text).not.toContain('a password of her own');
  });

  it('a browser gets our cookie, and has to log in again the next time', async () => {
    const { go, jar } = createBrowser();
    const form = await go(`${origin}/.sallyport/login`);
    const me = await go(form.url, { login: 'ALICE@example.com ', password: 'alice' });
    expect(me.url).toBe(`${origin}/.sallyport/me`);
    expect(jar.get('sallyport-demo')?.value).toMatch(/^spt_/);
    const again = await go(`${origin}/.sallyport/login`);
    expect(again.text).toContain('name="password"');
    await go(again.url, { login: 'bob@example.com', password: 'bob' });
    expect(await sessions.list()).toMatchObject([{ identity: { user: 'bob@example.com', groups: ['sre'] } }]);
  });

  it.each([
    ['a wrong password', 'alice@example.com', 'bob'],
    ['no password', 'alice@example.com', ''],
    ['an unknown address', 'eve@example.com', 'eve'],
    ['markup', '"><script>alert(1)</script>', 'x'],
  ])('%s gets the form again, and can try again', async (_what, login, password) => {
    const { go } = createBrowser();
    const form = await go(cliLogin());
    const again = await go(form.url, { login, password });
    expect(again.status).toBe(401);
    expect(again.text).toContain('wrong password');
    expect(again.text).not.toContain('<script');
    const back = await go(form.url, { login: 'alice@example.com', password: 'alice' });
    expect(new URL(back.url).searchParams.get('code')).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});

describe('a person who logs out of the embedded provider', () => {
  it('confirms on a page without a script, is also logged out of the gateway, and returns', async () => {
    const { go } = createBrowser();
    const form = await go(`${origin}/.sallyport/login`);
    await go(form.url, { login: 'alice@example.com', password: 'alice' });
    const other = createBrowser();
    await other.go((await other.go(`${origin}/.sallyport/login`)).url, { login: 'bob@example.com', password: 'bob' });
    expect(await sessions.list()).toMatchObject([
      { identity: { user: 'alice@example.com' }, sid: expect.any(String) },
      { identity: { user: 'bob@example.com' } },
    ]);
    const page = await go(
      `${provider.issuer}/session/end?${new URLSearchParams({ client_id: 'sallyport', logout_hint: 'alice@example.com', post_logout_redirect_uri: `${origin}/.sallyport/signed-out` }).toString()}`,
    );
    expect(page.text).toContain('Log out of this identity provider too?');
    expect(page.text).not.toContain('<script');
    const [, action = ''] = /<form[^>]* action="([^"]+)"/.exec(page.text) ?? [];
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page.text) ?? [];
    const back = await go(action, { xsrf, logout: 'yes' });
    expect([back.url.split('?')[0], back.status]).toEqual([`${origin}/.sallyport/signed-out`, 200]);
    expect(back.text).toContain('You are logged out');
    expect(await sessions.list()).toMatchObject([{ identity: { user: 'bob@example.com' } }]);
  });
});

describe('the embedded provider', () => {
  const refresh = (token: string) =>
    fetch(`${provider.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }),
      headers: {
        authorization: `Basic ${Buffer.from(`sallyport:${encodeURIComponent('a secret of the tests')}`).toString('base64')}`,
      },
    });
  const refreshTokenOf = async (user: string) => {
    const { go } = createBrowser();
    const query = {
      client_id: 'sallyport',
      response_type: 'code',
      scope: 'openid email groups',
      redirect_uri: `${origin}/.sallyport/callback`,
      state: 's',
      code_challenge: hashToken(verifier),
      code_challenge_method: 'S256',
    };
    const form = await go(`${provider.issuer}/auth?${new URLSearchParams(query).toString()}`);
    provider.register({ ...client(), redirectUris: ['http://127.0.0.1:1/cb', ...client().redirectUris] });
    const start = await go(
      `${provider.issuer}/auth?${new URLSearchParams({ ...query, redirect_uri: 'http://127.0.0.1:1/cb' }).toString()}`,
    );
    const left = await go(start.url, { login: user, password: user.split('@')[0]! });
    expect(form.status).toBe(200);
    const answer = await fetch(`${provider.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: new URL(left.url).searchParams.get('code')!,
        code_verifier: verifier,
        redirect_uri: 'http://127.0.0.1:1/cb',
      }),
      headers: {
        authorization: `Basic ${Buffer.from(`sallyport:${encodeURIComponent('a secret of the tests')}`).toString('base64')}`,
      },
    });
    return ((await answer.json()) as { refresh_token: string }).refresh_token;
  };
  const groupsIn = (idToken: string) =>
    (JSON.parse(Buffer.from(idToken.split('.')[1]!, 'base64url').toString()) as { groups: string[] }).groups;

  it('returns the changes to a person at a refresh, refuses it once they are removed, and accepts a token only once', async () => {
    const first = await refreshTokenOf('alice@example.com');
    provider.change('alice@example.com', { groups: ['sre'] });
    const answer = (await (await refresh(first)).json()) as { refresh_token: string; id_token: string };
    expect(groupsIn(answer.id_token)).toEqual(['sre']);
    expect((await refresh(first)).status).toBe(400);
    const second = await refreshTokenOf('bob@example.com');
    provider.change('bob@example.com', undefined);
    expect(await (await refresh(second)).json()).toMatchObject({ error: 'invalid_grant' });
    expect(() => provider.change('bob@example.com', {})).toThrow('unknown user bob@example.com');
  });
});

describe('the embedded provider refuses', () => {
  it('a login that was started in another browser, and bodies that are not its form', async () => {
    const browser = createBrowser();
    const form = await browser.go(cliLogin());
    expect((await createBrowser().go(form.url, { login: 'alice@example.com', password: 'alice' })).status).toBe(400);
    expect((await browser.go(form.url, { login: 'alice@example.com', password: 'x'.repeat(20_000) })).status).toBe(400);
  });

  it('an unknown client, an unknown redirect URI, and a login without PKCE', async () => {
    const ask = (changes: Record<string, string>) =>
      fetch(
        `${provider.issuer}/auth?${new URLSearchParams({ client_id: 'sallyport', response_type: 'code', scope: 'openid', redirect_uri: `${origin}/.sallyport/callback`, state: 's', ...changes }).toString()}`,
        { redirect: 'manual' },
      );
    expect(
      (await ask({ client_id: 'other', code_challenge: hashToken(verifier), code_challenge_method: 'S256' })).status,
    ).toBe(400);
    const foreign = await ask({
      redirect_uri: 'http://127.0.0.1:2/x',
      code_challenge: hashToken(verifier),
      code_challenge_method: 'S256',
    });
    expect(foreign.status).toBe(400);
    expect(await foreign.text()).toContain('The login failed');
    const withoutPkce = await ask({});
    expect(withoutPkce.headers.get('location')).toContain('error=invalid_request');
  });
});

describe('a second provider', () => {
  it('has the same people under another issuer, and an unverified address is refused', async () => {
    const foreign = await createIdentityProvider({
      people: [{ user: 'alice@example.com', password: 'x', groups: ['sre'], emailVerified: false }],
      clients: [client()],
    });
    others = [foreign];
    await gateway.close(0);
    gateway = await listenHttp(createGateway(foreign.issuer), { host: '127.0.0.1', port: gateway.port }, 'the test');
    const { go } = createBrowser();
    const refused = await go((await go(`${origin}/.sallyport/login`)).url, {
      login: 'alice@example.com',
      password: 'x',
    });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('not verified');
    expect(await sessions.list()).toEqual([]);
  });
});
