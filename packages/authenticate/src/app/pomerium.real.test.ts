import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { callerHeader } from '../testing/caller-header.ts';
import { createBrowser } from '../testing/test-browser.ts';
import { gateway } from '../testing/test-config.ts';
import { throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const waiting = 'http://127.0.0.1:41234/callback/b0nZ_-9';
const loginPath = (uri: string) =>
  `/.sallyport/login?${new URLSearchParams({ pomerium_redirect_uri: uri }).toString()}`;
const ask = (query: string, headers: Record<string, string> = {}) =>
  service.browser.get(`/.pomerium/api/v1/login${query}`, { accept: '*/*', ...headers });

describe('a login of a Pomerium client', () => {
  it('starts with the URL of a page, as plain text', async () => {
    const answer = await ask(`?${new URLSearchParams({ pomerium_redirect_uri: waiting }).toString()}`);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.text).toBe(`${gateway}${loginPath(waiting)}`);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('ends on loopback at the given path, with the token as the only parameter', async () => {
    for (const uri of [waiting, 'http://127.0.0.1:41234', 'http://localhost:1', 'https://[::1]:65535/x']) {
      const back = await throughProvider(service, loginPath(uri));
      expect(back.status).toBe(302);
      const location = back.headers['location']!;
      expect(location.slice(0, uri.length + 14)).toBe(`${uri}?pomerium_jwt=`);
      expect([...new URL(location).searchParams.keys()]).toEqual(['pomerium_jwt']);
      expect(location).not.toContain('#');
    }
    expect(service.browser.jar.size).toBe(0);
  });

  it('creates a normal session, whose token is signed, contains its expiry, and is not stored', async () => {
    const back = await throughProvider(service, loginPath(waiting));
    const token = new URL(back.headers['location']!).searchParams.get('pomerium_jwt')!;
    const found = service.tokens.verify(token)!;
    const [session] = await service.sessions.list();
    expect(await service.sessions.find([found.hash])).toMatchObject([
      { state: 'live', session: { id: session!.id, kind: 'cli', identity: { user: 'alice@example.com' } } },
    ]);
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'EdDSA',
      kid: service.tokens.jwks()[0]!.kid,
      typ: 'sallyport-session+jwt',
    });
    const claims = decodeJwt(token);
    expect(claims).toEqual({
      iss: gateway,
      aud: gateway,
      sub: expect.stringMatching(/^[\w-]{43}$/),
      jti: session!.id,
      iat: Math.floor(service.clock.now / 1000),
      exp: Math.floor(session!.expiresAt / 1000),
    });
    expect(JSON.stringify(claims)).not.toContain('alice');
    const [event] = service.events('session.login');
    expect(event!.data).toMatchObject({ requestURI: '/.sallyport/callback', sallyport: { sessionId: session!.id } });
    expect(service.lines.join() + JSON.stringify(service.audit.records)).not.toContain(token);
  });

  it('shows the user why it failed, because the program only accepts a token', async () => {
    service.provider.lies = { claims: { email_verified: false } };
    const back = await throughProvider(service, loginPath(waiting));
    expect([back.status, back.headers['location']]).toEqual([403, undefined]);
    expect(back.text).toContain('not verified');
    expect(await service.sessions.list()).toEqual([]);
  });

  it('refuses other methods, and a missing or foreign redirect URI', async () => {
    for (const method of ['post', 'delete', 'head'] as const)
      expect((await service.browser.send(method, '/.pomerium/api/v1/login', {})).status).toBe(405);
    expect((await ask('')).status).toBe(404);
    expect((await ask('?pomerium_redirect_uri=')).status).toBe(400);
    expect((await ask('?redirect_uri=http%3A%2F%2F127.0.0.1%3A1')).status).toBe(404);
  });

  it('can be disabled', async () => {
    service = await createTestService({ login: { pomerium: false } });
    expect((await ask(`?pomerium_redirect_uri=${encodeURIComponent(waiting)}`)).status).toBe(404);
    expect((await service.browser.get(loginPath(waiting))).status).toBe(403);
  });
});

describe('the redirect URI of a Pomerium client (A26)', () => {
  it.each([
    'https://evil.example/',
    'http://evil.example:80/',
    '//127.0.0.1:1/',
    '/\\127.0.0.1:1',
    'http:/\\127.0.0.1:1',
    'http://127.0.0.1:1@evil.example/',
    'http://user@127.0.0.1:1/',
    'http://127.0.0.1.evil.example:1/',
    'http://localhost.evil.example/',
    'http://127.0.0.1:1/?a=b',
    'http://127.0.0.1:1/#a',
    'http://127.0.0.1:1/a/../b',
    'http://127.0.0.1:1/%2e%2e/b',
    'http://127.0.0.1:1//\\evil',
    'http://127.0.0.1:99999/',
    'http://127.0.0.1:0/',
    'http://127.1:1/',
    'http://2130706433:1/',
    'http://0x7f.0.0.1:1/',
    'http://0.0.0.0:1/',
    'HTTP://127.0.0.1:1/',
    'http://LOCALHOST:1/',
    'http://localhost.:1/',
    'http://[::ffff:127.0.0.1]:1/',
    'http://[0:0:0:0:0:0:0:1]:1/',
    'http://127.0.0.1:1/\t',
    'http://127.0.0.1:1/a b',
    'http://127.0.0.1:1/\r\nx: y',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'wiggins://auth',
    'http://',
    'x'.repeat(2000),
    `http://127.0.0.1:1/${'x'.repeat(2000)}`,
  ])('may not be %j', async (uri) => {
    expect((await ask(`?${new URLSearchParams({ pomerium_redirect_uri: uri }).toString()}`)).status).toBe(400);
    const page = await service.browser.get(loginPath(uri));
    expect([page.status, page.headers['location']]).toEqual([400, undefined]);
  });

  it('may be listed, and must then match exactly', async () => {
    service = await createTestService({ login: { redirects: ['https://app.example.com/callback'] } });
    const back = await throughProvider(service, loginPath('https://app.example.com/callback'));
    expect(back.headers['location']).toMatch(/^https:\/\/app\.example\.com\/callback\?pomerium_jwt=/);
    for (const uri of [
      'https://app.example.com/callback/',
      'https://app.example.com/Callback',
      'https://app.example.com/callback?x=y',
    ])
      expect((await service.browser.get(loginPath(uri))).status).toBe(400);
  });

  it('appears once, and excludes other goals', async () => {
    expect((await service.browser.get(`${loginPath(waiting)}&pomerium_redirect_uri=x`)).status).toBe(400);
    expect((await service.browser.get(`${loginPath(waiting)}&return_to=/.sallyport/me`)).status).toBe(400);
  });
});

describe('the other endpoints for Pomerium clients', () => {
  const logIn = async () => {
    const back = await throughProvider(service, loginPath(waiting), undefined, createBrowser(service.app));
    const [session] = await service.sessions.list();
    return {
      token: new URL(back.headers['location']!).searchParams.get('pomerium_jwt')!,
      session: session!,
      caller: callerHeader({ id: session!.id }),
    };
  };

  it("return the caller's identity with Pomerium's claim names, and nothing without a caller", async () => {
    const { session, caller } = await logIn();
    const user = await service.browser.get('/.pomerium/user', { accept: 'application/json', ...caller });
    expect(user.body).toEqual({
      iss: 'https://idp.example.com',
      sub: 'sub-alice',
      user: 'alice@example.com',
      email: 'alice@example.com',
      name: 'Alice',
      groups: ['developers'],
      jti: session.id,
      sid: session.id,
      iat: Math.floor(session.createdAt / 1000),
      exp: Math.floor(session.expiresAt / 1000),
    });
    expect((await service.browser.get('/.pomerium/user', { accept: 'application/json' })).status).toBe(401);
    for (const path of ['/.pomerium/', '/.pomerium'])
      expect((await service.browser.get(path, caller)).text).toContain('alice@example.com');
  });

  it('log out a program that sends its token, and a user only from our own page', async () => {
    const { session, caller } = await logIn();
    const asked = await service.browser.get('/.pomerium/sign_out', callerHeader({ id: session.id, kind: 'browser' }));
    expect(asked.text).toContain('<form method="post" action="/.sallyport/logout">');
    expect(await service.sessions.list()).toHaveLength(1);
    expect((await service.browser.get('/.pomerium/sign_out', { accept: 'application/json', ...caller })).status).toBe(
      204,
    );
    expect(await service.sessions.list()).toEqual([]);
    expect(service.events('session.revoked')[0]!.data.sallyport.sessionId).toBe(session.id);
  });
});
