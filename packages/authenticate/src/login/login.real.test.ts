import { beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { createBrowser } from '../testing/test-browser.ts';
import { gateway } from '../testing/test-config.ts';
import { cliCode, cliLogin, cliRedirect, exchange, throughProvider, verifier } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const asJson = { accept: 'application/json' };
const sessionsOf = () => service.sessions.list();

describe('a login of a program', () => {
  it('goes to the provider with PKCE, state and nonce, returns to loopback with a code, and becomes a session', async () => {
    const there = await service.browser.get(cliLogin());
    expect(there.status).toBe(302);
    const query = Object.fromEntries(new URL(there.headers['location']!).searchParams);
    expect(query).toMatchObject({
      client_id: 'sallyport',
      response_type: 'code',
      redirect_uri: `${gateway}/.sallyport/callback`,
      scope: 'openid profile email groups',
      code_challenge_method: 'S256',
    });
    expect(new Set([query['state'], query['nonce'], query['code_challenge']]).size).toBe(3);

    const back = await service.browser.get(
      `/.sallyport/callback?${new URLSearchParams(service.provider.logIn(there.headers['location']!)).toString()}`,
    );
    expect(back.status).toBe(302);
    const redirect = new URL(back.headers['location']!);
    expect(`${redirect.origin}${redirect.pathname}`).toBe(cliRedirect);
    expect(redirect.searchParams.get('state')).toBe('state-of-the-cli');
    expect(await sessionsOf()).toEqual([]);

    const answer = await exchange(service, { code: redirect.searchParams.get('code')! });
    expect(answer.status).toBe(200);
    const [session] = await sessionsOf();
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^spt_[A-Za-z0-9_-]{43}$/),
      token_type: 'Bearer',
      expires_in: 43_200,
      session: { id: session!.id, expiresAt: service.clock.now + 43_200_000, idleMs: 7_200_000 },
      identity: { user: 'alice@example.com', email: 'alice@example.com', groups: ['developers'] },
    });
    expect(
      await service.sessions.find([hashToken((answer.body as { access_token: string }).access_token)]),
    ).toMatchObject([{ state: 'live', session: { kind: 'cli', clientAddress: '192.0.2.7', userAgent: 'test' } }]);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(service.browser.jar.size).toBe(0);
  });

  it('exchanges the code with a form as well as JSON', async () => {
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code: await cliCode(service),
      code_verifier: verifier,
      redirect_uri: cliRedirect,
    });
    const answer = await service.browser.post(
      '/.sallyport/token',
      { ...asJson, 'content-type': 'application/x-www-form-urlencoded' },
      form.toString(),
    );
    expect(answer.status).toBe(200);
  });

  it('only returns the page to open to a program that asks for JSON', async () => {
    const answer = await service.browser.get(cliLogin(), asJson);
    expect(answer.body).toEqual({ signInUrl: `${gateway}${cliLogin()}` });
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(service.provider.calls).toEqual([]);
  });

  it('reports a refusal to the waiting program', async () => {
    service.provider.lies = { claims: { email_verified: false } };
    const back = await throughProvider(service, cliLogin());
    const redirect = new URL(back.headers['location']!);
    expect(`${redirect.origin}${redirect.pathname}`).toBe(cliRedirect);
    expect(Object.fromEntries(redirect.searchParams)).toEqual({
      error: 'access_denied',
      error_description: expect.stringContaining('not verified'),
      state: 'state-of-the-cli',
    });
    const denied = await throughProvider(service, cliLogin(), ({ state, iss }) => ({
      error: 'access_denied',
      state: state!,
      iss: iss!,
    }));
    expect(new URL(denied.headers['location']!).searchParams.get('error')).toBe('access_denied');
    expect(await sessionsOf()).toEqual([]);
  });
});

describe('a login of a browser', () => {
  it('sets a session cookie for this host only, over TLS, without access for scripts', async () => {
    const back = await throughProvider(service, '/.sallyport/login?return_to=/.sallyport/me');
    expect(back.status).toBe(302);
    expect(back.headers['location']).toBe('/.sallyport/me');
    const line = (back.headers['set-cookie'] as unknown as string[]).find((one) =>
      one.startsWith('__Host-sallyport='),
    )!;
    expect(line).toMatch(
      /^__Host-sallyport=spt_[A-Za-z0-9_-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect([...service.browser.jar.keys()]).toEqual(['__Host-sallyport']);
    expect(await sessionsOf()).toMatchObject([{ kind: 'browser' }]);
  });

  it('creates a new token and ID each time, and ends the previous session of the browser', async () => {
    await throughProvider(service, '/.sallyport/login');
    const first = service.browser.jar.get('__Host-sallyport')!;
    const [old] = await sessionsOf();
    await throughProvider(service, '/.sallyport/login');
    const second = service.browser.jar.get('__Host-sallyport')!;
    expect(second).not.toBe(first);
    expect((await sessionsOf()).map(({ id }) => id)).not.toContain(old!.id);
    expect(await service.sessions.find([hashToken(first), hashToken(second)])).toMatchObject([
      { state: 'revoked' },
      { state: 'live' },
    ]);
  });

  it('never uses a session token that was planted in the browser', async () => {
    const planted = `spt_${'A'.repeat(43)}`;
    service.browser.jar.set('__Host-sallyport', planted);
    await throughProvider(service, '/.sallyport/login');
    expect(service.browser.jar.get('__Host-sallyport')).not.toBe(planted);
    expect(await service.sessions.find([hashToken(planted)])).toEqual([{ state: 'unknown' }]);
  });

  it('works in several tabs at once', async () => {
    const there = [
      await service.browser.get('/.sallyport/login'),
      await service.browser.get(cliLogin()),
      await service.browser.get('/.sallyport/login'),
    ];
    const answers = there.map(
      (one) =>
        `/.sallyport/callback?${new URLSearchParams(service.provider.logIn(one.headers['location']!)).toString()}`,
    );
    for (const path of answers.reverse())
      expect((await service.browser.get(path)).headers['location']).toMatch(/^\/\.sallyport\/me$|^http:\/\/127/);
  });

  it('keeps only a few unfinished logins in the browser, the newest', async () => {
    for (let n = 0; n < 20; n += 1) {
      service.clock.now += 1000;
      await service.browser.get('/.sallyport/login');
    }
    expect(service.browser.jar.size).toBe(8);
    expect((await throughProvider(service, '/.sallyport/login')).headers['location']).toBe('/.sallyport/me');
  });

  it('uses a plain cookie only on plain-http loopback, and goes there to log in', async () => {
    const demo = await createTestService({ login: { url: 'http://127.0.0.1:8480', listen: '127.0.0.1:8480' } });
    const sent = await demo.browser.get('/.sallyport/login?return_to=/.sallyport/me');
    expect(sent.headers['location']).toBe('http://127.0.0.1:8480/.sallyport/login?return_to=%2F.sallyport%2Fme');
    expect(sent.headers['set-cookie']).toBeUndefined();
    const browser = createBrowser(demo.app, 'http://127.0.0.1:8480');
    const back = await throughProvider(demo, '/.sallyport/login', undefined, browser);
    expect((back.headers['set-cookie'] as unknown as string[]).at(-1)).toMatch(
      /^sallyport-demo=spt_[^;]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax$/,
    );
    expect(
      await createTestService({ login: { url: 'http://login.example.com' } }).catch((error: Error) => error.message),
    ).toMatch(/the login pages must use https/);
  });
});

describe('a login works once, in the browser that started it', () => {
  const address = async (path: string) =>
    `/.sallyport/callback?${new URLSearchParams(service.provider.logIn((await service.browser.get(path)).headers['location']!)).toString()}`;

  it('is refused in another browser, which does not use it up', async () => {
    const path = await address('/.sallyport/login');
    const other = createBrowser(service.app);
    const refused = await other.get(path);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('another browser');
    expect(other.jar.size).toBe(0);
    await other.get('/.sallyport/login');
    expect((await other.get(path)).status).toBe(400);
    const [name] = [...service.browser.jar.keys()];
    expect((await other.get(path, { cookie: `${name}=${'A'.repeat(43)}.kx` })).status).toBe(400);
    expect((await service.browser.get(path)).status).toBe(302);
  });

  it('is refused the second time', async () => {
    const path = await address('/.sallyport/login');
    const cookie = [...service.browser.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    expect((await service.browser.get(path, { cookie })).status).toBe(302);
    const again = await service.browser.get(path, { ...asJson, cookie });
    expect(again.body).toMatchObject({ code: 'login-expired', status: 400 });
    expect(await sessionsOf()).toHaveLength(1);
  });

  it('is refused after ten minutes', async () => {
    const path = await address('/.sallyport/login');
    service.clock.now += 600_001;
    expect((await service.browser.get(path, asJson)).body).toMatchObject({ code: 'login-expired' });
  });

  it.each([
    ['no state', (q: Record<string, string>) => ({ code: q['code']! })],
    ['a foreign state', (q: Record<string, string>) => ({ ...q, state: 'A'.repeat(43) })],
  ])('is refused with %s', async (_what, change) => {
    expect((await throughProvider(service, '/.sallyport/login', change)).status).toBe(400);
    expect(await sessionsOf()).toEqual([]);
  });

  it('is refused if its cookie appears twice', async () => {
    const path = await address('/.sallyport/login');
    const [[name, value]] = [...service.browser.jar] as [[string, string]];
    expect((await service.browser.get(path, { cookie: `${name}=${value}; ${name}=${value}` })).status).toBe(400);
  });
});

describe('several providers', () => {
  const providers = ['corp', 'other'].map((id) => ({ id, issuer: 'https://idp.example.com', clientId: 'sallyport' }));

  it('are offered on a page without scripts, and the choice keeps the other parameters', async () => {
    service = await createTestService({ identity: { providers } });
    const page = await service.browser.get(cliLogin());
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none';style-src 'sha256-[^']+';img-src 'self' data:;form-action 'self';frame-ancestors 'none';base-uri 'none'$/,
    );
    expect(page.text).not.toContain('<script');
    const address = /href="([^"]+provider=other)"/.exec(page.text)![1]!.replaceAll('&amp;', '&');
    expect(address).toBe(`${cliLogin()}&provider=other`);
    expect((await service.browser.get(address)).status).toBe(302);
  });

  it('are missing: reports it', async () => {
    service = await createTestService({ identity: { providers: [] } });
    expect((await service.browser.get('/.sallyport/login')).status).toBe(503);
  });
});

describe('the audit log records', () => {
  it('a login, by whom and from where', async () => {
    const { body } = await exchange(service, { code: await cliCode(service) });
    const { session } = body as { session: { id: string } };
    expect(service.events('session.login')).toMatchObject([
      {
        source: 'sallyport/authenticate',
        key: `-/${session.id}`,
        data: {
          verb: 'login',
          stage: 'ResponseComplete',
          requestURI: '/.sallyport/token',
          user: { username: 'alice@example.com', groups: ['developers'] },
          sourceIPs: ['192.0.2.7'],
          responseStatus: { code: 200 },
          sallyport: {
            sessionId: session.id,
            credentialKind: 'cli',
            identity: { iss: 'https://idp.example.com', sub: 'sub-alice', email: 'alice@example.com' },
          },
        },
      },
    ]);
  });

  it('a failed login, and why', async () => {
    service.provider.lies = { claims: { email_verified: false } };
    await throughProvider(service, '/.sallyport/login');
    await service.browser.get('/.sallyport/callback?state=x&code=y');
    expect(service.events('login.failed')).toMatchObject([
      {
        data: {
          requestURI: '/.sallyport/callback',
          responseStatus: { code: 403, message: expect.stringContaining('not verified') },
          sallyport: { detail: 'corp' },
        },
      },
      { data: { responseStatus: { code: 400, message: expect.stringContaining('login-expired') } } },
    ]);
  });

  it('everything, or logins are refused', async () => {
    const code = await cliCode(service);
    service.audit.full = true;
    expect((await exchange(service, { code })).body).toMatchObject({ code: 'audit-unavailable', status: 503 });
    expect((await throughProvider(service, '/.sallyport/login')).status).toBe(503);
    expect(await sessionsOf()).toEqual([]);
    service.audit.full = false;
    expect((await exchange(service, { code })).status).toBe(200);
  });
});
