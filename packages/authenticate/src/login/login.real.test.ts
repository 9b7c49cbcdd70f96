import { beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { callerHeader } from '../testing/caller-header.ts';
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
  it('goes to the provider with PKCE, state and nonce, back to loopback with a code, and becomes a session at the exchange', async () => {
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

  it('takes a form as well as JSON at the exchange', async () => {
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

  it('only tells a program that asks for JSON which page to open, and does nothing else', async () => {
    const answer = await service.browser.get(cliLogin(), asJson);
    expect(answer.body).toEqual({ signInUrl: `${gateway}${cliLogin()}` });
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(service.provider.calls).toEqual([]);
  });

  it('tells the waiting program when the login is refused', async () => {
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
  it('ends with a session cookie that only this host, over TLS, and no script gets', async () => {
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

  it('gives a new token and a new id each time, and ends the session that the browser had', async () => {
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

  it('never takes over a session token that was planted in the browser', async () => {
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

  it('keeps few unfinished logins in the browser, the newest', async () => {
    for (let n = 0; n < 20; n += 1) {
      service.clock.now += 1000;
      await service.browser.get('/.sallyport/login');
    }
    expect(service.browser.jar.size).toBe(8);
    expect((await throughProvider(service, '/.sallyport/login')).headers['location']).toBe('/.sallyport/me');
  });

  it('uses a plain cookie on a plain-http loopback address only, and goes there to log in', async () => {
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

describe('a login belongs to the browser that began it, once', () => {
  const address = async (path: string) =>
    `/.sallyport/callback?${new URLSearchParams(service.provider.logIn((await service.browser.get(path)).headers['location']!)).toString()}`;

  it('is refused in another browser, and is not used up by that', async () => {
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

  it('is refused when a cookie of its name comes twice', async () => {
    const path = await address('/.sallyport/login');
    const [[name, value]] = [...service.browser.jar] as [[string, string]];
    expect((await service.browser.get(path, { cookie: `${name}=${value}; ${name}=${value}` })).status).toBe(400);
  });
});

describe('a one-time code', () => {
  const refused = { status: 400, body: { error: 'invalid_grant', error_description: expect.any(String) } };

  it('lives for a minute', async () => {
    const code = await cliCode(service);
    service.clock.now += 60_000;
    expect(await exchange(service, { code })).toMatchObject(refused);
    expect(await sessionsOf()).toEqual([]);
  });

  it.each([
    ['another verifier', { code_verifier: 'w'.repeat(43) }],
    ['a verifier that is the challenge (PKCE plain)', { code_verifier: hashToken(verifier) }],
    ['too short a verifier', { code_verifier: 'v' }],
    ['another redirect_uri', { redirect_uri: 'http://127.0.0.1:41234/other' }],
  ])('is worth nothing with %s, nor afterwards', async (_what, changes) => {
    const code = await cliCode(service);
    expect(await exchange(service, { code, ...changes })).toMatchObject(refused);
    expect(await exchange(service, { code })).toMatchObject(refused);
    expect(await sessionsOf()).toEqual([]);
  });

  it('ends the session that was made of it when it is used again', async () => {
    const code = await cliCode(service);
    const changes: string[] = [];
    service.sessions.onChange(({ sessionId }) => changes.push(sessionId));
    const first = await exchange(service, { code });
    expect(await exchange(service, { code })).toMatchObject(refused);
    const { access_token: token, session } = first.body as { access_token: string; session: { id: string } };
    expect(await service.sessions.find([hashToken(token)])).toMatchObject([{ state: 'revoked' }]);
    expect(changes).toEqual([session.id]);
    expect(service.events('session.revoked')).toMatchObject([
      { data: { sallyport: { sessionId: session.id, detail: 'its one-time code was used again' } } },
    ]);
  });

  it('leaves no live session when many use it at once', async () => {
    const code = await cliCode(service);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => exchange(service, { code })));
    expect(outcomes.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(await sessionsOf()).toEqual([]);
  });

  it('is refused when it was never issued', async () => {
    expect(await exchange(service, { code: 'A'.repeat(43) })).toMatchObject(refused);
  });

  it.each([
    [{ grant_type: undefined }, 'invalid_request'],
    [{ grant_type: 'password' }, 'unsupported_grant_type'],
    [{ code: undefined }, 'invalid_request'],
    [{ code: ['a', 'b'] }, 'invalid_request'],
    [{ code_verifier: undefined }, 'invalid_request'],
    [{ redirect_uri: undefined }, 'invalid_request'],
    [{ code: 'x'.repeat(3000) }, 'invalid_request'],
  ])('is asked for properly (case %#)', async (changes, error) => {
    expect(await exchange(service, { code: 'c', ...changes })).toMatchObject({ status: 400, body: { error } });
  });

  it('stands nowhere in clear, in the store or the log', async () => {
    const puts: string[] = [];
    const { put } = service.singleUse;
    const spied = await createTestService(
      {},
      {
        singleUse: {
          ...service.singleUse,
          put: (kind, key, value, ttl) => (puts.push(JSON.stringify(value)), put(kind, key, value, ttl)),
        },
      },
    );
    const code = await cliCode(spied);
    const { access_token: token } = (await exchange(spied, { code })).body as { access_token: string };
    const everything =
      puts.join() +
      spied.lines.join() +
      JSON.stringify(spied.audit.records) +
      JSON.stringify(await spied.sessions.list());
    for (const secret of [code, token, verifier, 's3cr3t']) expect(everything).not.toContain(secret);
  });
});

describe('where a login leads is on an exact list', () => {
  const listed = 'https://tool.example.com/callback';
  it.each([
    'http://127.0.0.1:1/',
    'http://127.0.0.1:65535/a/b',
    'http://[::1]:8000/callback',
    'http://127.0.0.1:8000',
    listed,
  ])('allows %s', async (redirect) => {
    service = await createTestService({ login: { redirects: [listed] } });
    expect((await service.browser.get(cliLogin({ redirect_uri: redirect }), asJson)).status).toBe(200);
  });

  it.each([
    'http://localhost:8000/',
    'https://127.0.0.1:8000/',
    'http://127.0.0.1/',
    'http://127.0.0.1:0/',
    'http://127.0.0.1:65536/',
    'http://127.0.0.1:08000/',
    'http://127.0.0.2:8000/',
    'http://127.1:8000/',
    'http://2130706433:8000/',
    'http://0x7f.0.0.1:8000/',
    'http://127.0.0.1:8000@evil.example/',
    'http://user@127.0.0.1:8000/',
    'http://127.0.0.1:8000/#f',
    'http://127.0.0.1:8000/?a=b',
    'http://127.0.0.1:8000/a/../b',
    'http://127.0.0.1:8000/%2e%2e/b',
    'http://127.0.0.1:8000\\@evil.example/',
    'http://127.0.0.1:8000/\\evil',
    'http://127.0.0.1:8000/\n',
    '\thttp://127.0.0.1:8000/',
    'HTTP://127.0.0.1:8000/',
    '//127.0.0.1:8000/',
    'http://127.0.0.1.evil.example:8000/',
    'http://[::1].evil.example:8000/',
    'http://[::ffff:127.0.0.1]:8000/',
    'javascript:alert(1)',
    'https://evil.example/',
    `${listed}/`,
    `${listed}?x`,
    `${listed}#x`,
    'https://tool.example.com/callback/../x',
    'https://TOOL.example.com/callback',
    '',
  ])('refuses %j', async (redirect) => {
    service = await createTestService({ login: { redirects: [listed] } });
    const answer = await service.browser.get(cliLogin({ redirect_uri: redirect }));
    expect(answer.status).toBe(400);
    expect(answer.headers['location']).toBeUndefined();
  });

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    '/.sallyport//evil.example',
    '/.sallyport/../x',
    '/.sallyport/%2e%2e/x',
    '/.sallyport/%09/x',
    '/clusters/dev',
    '/.sallyport',
    '/.sallyport/',
    '/.sallyport/me?x=//evil',
    '/.sallyport/me#x',
    '/.sallyport/me\n',
    ' /.sallyport/me',
    '/.sallyport@evil.example/',
    '',
  ])('refuses to return to %j', async (path) => {
    const answer = await service.browser.get(
      `/.sallyport/login?${new URLSearchParams({ return_to: path }).toString()}`,
    );
    expect(answer.status).toBe(400);
  });

  it.each([
    { code_challenge: undefined },
    { code_challenge: 'short' },
    { code_challenge_method: 'plain' },
    { code_challenge_method: undefined },
    { state: undefined },
    { state: 'short' },
    { state: `x${'y'.repeat(512)}` },
    { state: 'with\nnewline' },
    { return_to: '/.sallyport/me' },
    { provider: 'nobody' },
  ])("refuses a program's login that lacks or bends a parameter (case %#)", async (changes) => {
    expect((await service.browser.get(cliLogin(changes), asJson)).body).toMatchObject({
      status: 400,
      code: 'bad-request',
    });
  });

  it('refuses a parameter that stands there twice, and an endless address', async () => {
    expect((await service.browser.get(`${cliLogin()}&redirect_uri=https://evil.example/`)).status).toBe(400);
    expect((await service.browser.get(`/.sallyport/login?return_to=/.sallyport/me&x=${'y'.repeat(9000)}`)).status).toBe(
      400,
    );
  });
});

describe('several providers', () => {
  const providers = ['corp', 'other'].map((id) => ({ id, issuer: 'https://idp.example.com', clientId: 'sallyport' }));

  it('are offered on a page, without a script, and the choice keeps the rest of the request', async () => {
    service = await createTestService({ identity: { providers } });
    const page = await service.browser.get(cliLogin());
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none';style-src 'sha256-[^']+';form-action 'self';frame-ancestors 'none';base-uri 'none'$/,
    );
    expect(page.text).not.toContain('<script');
    const address = /href="([^"]+provider=other)"/.exec(page.text)![1]!.replaceAll('&amp;', '&');
    expect(address).toBe(`${cliLogin()}&provider=other`);
    expect((await service.browser.get(address)).status).toBe(302);
  });

  it('none: says so', async () => {
    service = await createTestService({ identity: { providers: [] } });
    expect((await service.browser.get('/.sallyport/login')).status).toBe(503);
  });
});

describe('what the audit log hears', () => {
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

  it('nobody logs in when nothing can be recorded', async () => {
    const code = await cliCode(service);
    service.audit.full = true;
    expect((await exchange(service, { code })).body).toMatchObject({ code: 'audit-unavailable', status: 503 });
    expect((await throughProvider(service, '/.sallyport/login')).status).toBe(503);
    expect(await sessionsOf()).toEqual([]);
    service.audit.full = false;
    expect((await exchange(service, { code })).status).toBe(200);
  });
});

describe('the pages are for the gateway only', () => {
  it.each(['/.sallyport/login', '/.sallyport/callback', '/.sallyport/me', '/v1/sessions', '/nowhere'])(
    'refuses %s without a service credential',
    async (path) => {
      expect((await service.browser.get(path, { authorization: 'Bearer spt_x' })).status).toBe(401);
    },
  );
  it('refuses the other methods without a service credential', async () => {
    for (const path of ['/.sallyport/token', '/.sallyport/logout'])
      expect((await service.browser.post(path, { authorization: '' })).status).toBe(401);
    expect((await service.browser.send('delete', '/v1/sessions/x', { authorization: '' })).status).toBe(401);
  });
  it.each(['https://evil.example', 'http://gate.example.com:8443', 'https://gate.example.com', ''])(
    'refuses the origin %j',
    async (origin) => {
      for (const path of ['/.sallyport/login', '/.sallyport/callback?state=x', '/.sallyport/me'])
        expect((await service.browser.get(path, { 'sallyport-origin': origin })).status).toBe(400);
    },
  );
  it('refuses HEAD and other methods: a preview of a link begins no login', async () => {
    const head = await service.browser.send('head', '/.sallyport/login');
    expect(head.status).toBe(405);
    expect(head.headers['set-cookie']).toBeUndefined();
    expect((await service.browser.post('/.sallyport/login')).status).toBe(405);
    expect((await service.browser.get('/.sallyport/logout')).status).toBe(405);
    expect((await service.browser.get('/nowhere', asJson)).body).toMatchObject({ code: 'not-found' });
  });
  it('refuses bodies that are too large or not what they say', async () => {
    const post = (type: string, body: string) =>
      service.browser.post('/.sallyport/token', { ...asJson, 'content-type': type }, body);
    expect((await post('application/json', `{"a":"${'x'.repeat(20_000)}"}`)).status).toBe(413);
    expect((await post('application/json', '{')).body).toMatchObject({ status: 400, code: 'bad-request' });
    expect((await post('application/json', '[]')).body).toMatchObject({ error: 'invalid_request' });
    expect((await post('text/plain', 'grant_type=authorization_code')).body).toMatchObject({
      error: 'invalid_request',
    });
    expect(
      (
        await post(
          'application/x-www-form-urlencoded',
          'grant_type=authorization_code&code=a&code=b&code_verifier=c&redirect_uri=d',
        )
      ).body,
    ).toMatchObject({ error: 'invalid_request' });
    expect(
      (await post('application/json', '{"__proto__":{"grant_type":"authorization_code","code":"a"}}')).body,
    ).toMatchObject({ error: 'invalid_request' });
  });
});

describe('me, logout and sessions', () => {
  const logIn = async () => {
    const { body } = await exchange(service, { code: await cliCode(service) });
    return (body as { session: { id: string } }).session.id;
  };

  it('says who one is, to programs and to people', async () => {
    const id = await logIn();
    const answer = await service.browser.get('/.sallyport/me', { ...asJson, ...callerHeader({ id }) });
    expect(answer.body).toEqual({
      user: 'alice@example.com',
      email: 'alice@example.com',
      name: 'Alice',
      groups: ['developers'],
      provider: 'corp',
      session: {
        id,
        kind: 'cli',
        expiresAt: service.clock.now + 43_200_000,
        idleEndsAt: service.clock.now + 7_200_000,
      },
    });
    const page = await service.browser.get('/.sallyport/me', callerHeader({ id }));
    expect(page.text).toContain('alice@example.com');
    expect(page.text).toContain('action="/.sallyport/logout"');
  });

  it('shows names as text, whatever is in them', async () => {
    service.provider.lies = { claims: { groups: ['<img src=x onerror=alert(1)>'] } };
    const page = await service.browser.get('/.sallyport/me', callerHeader({ id: await logIn() }));
    expect(page.text).toContain('&lt;img src=x');
    expect(page.text).not.toContain('<img');
  });

  it('says 401 to strangers and after the end', async () => {
    expect((await service.browser.get('/.sallyport/me', asJson)).body).toMatchObject({ code: 'unauthenticated' });
    expect((await service.browser.get('/.sallyport/me')).status).toBe(401);
    const id = await logIn();
    await service.sessions.revoke(id, { by: 'x', reason: 'revoked' });
    expect((await service.browser.get('/.sallyport/me', { ...asJson, ...callerHeader({ id }) })).status).toBe(401);
    expect((await service.browser.get('/.sallyport/me', { ...asJson, 'sallyport-caller': 'nonsense' })).status).toBe(
      400,
    );
  });

  it('logs out at once and says so on every replica', async () => {
    const id = await logIn();
    const heard: string[] = [];
    service.sessions.onChange(({ sessionId }) => heard.push(sessionId));
    expect((await service.browser.post('/.sallyport/logout', { ...asJson, ...callerHeader({ id }) })).status).toBe(204);
    expect(heard).toEqual([id]);
    expect(await sessionsOf()).toEqual([]);
    expect(service.events('session.revoked')).toMatchObject([
      { data: { user: { username: 'alice@example.com' }, sallyport: { sessionId: id, detail: 'logout' } } },
    ]);
    expect((await service.browser.post('/.sallyport/logout', asJson)).status).toBe(401);
  });

  it('logs a browser out only from one of our own pages', async () => {
    await throughProvider(service, '/.sallyport/login');
    const [session] = await sessionsOf();
    const headers = callerHeader({ id: session!.id, kind: 'browser' });
    for (const origin of ['https://evil.example', 'https://sibling.example.com', 'null', ''])
      expect((await service.browser.post('/.sallyport/logout', { ...headers, origin })).status).toBe(403);
    expect(await sessionsOf()).toHaveLength(1);
    const done = await service.browser.post('/.sallyport/logout', { ...headers, origin: gateway });
    expect(done.status).toBe(200);
    expect(done.text).toContain('You are logged out');
    expect(service.browser.jar.size).toBe(0);
    expect(await sessionsOf()).toEqual([]);
  });

  it("lists one's own sessions, and all only to the privileged", async () => {
    const id = await logIn();
    service.provider.lies = { claims: { sub: 'sub-bob', email: 'bob@example.com' } };
    const bobs = await logIn();
    const list = async (query: string, privileged = false) =>
      await service.browser.get(`/v1/sessions${query}`, { ...asJson, ...callerHeader({ id, privileged }) });
    expect((await list('')).body).toEqual({
      sessions: [
        {
          id,
          kind: 'cli',
          user: 'alice@example.com',
          provider: 'corp',
          createdAt: service.clock.now,
          expiresAt: service.clock.now + 43_200_000,
          idleEndsAt: service.clock.now + 7_200_000,
          clientAddress: '192.0.2.7',
          userAgent: 'test',
          current: true,
        },
      ],
    });
    expect((await list('?all=true')).body).toMatchObject({ code: 'forbidden' });
    expect((await list('?all=maybe')).body).toMatchObject({ code: 'bad-request' });
    expect(
      ((await list('?all=true', true)).body as { sessions: { id: string }[] }).sessions.map((one) => one.id),
    ).toEqual([id, bobs]);
    expect((await service.browser.get('/v1/sessions', asJson)).status).toBe(401);
  });

  it("revokes one's own session, others' only for the privileged, and does not tell which exist", async () => {
    const id = await logIn();
    service.provider.lies = { claims: { sub: 'sub-bob', email: 'bob@example.com' } };
    const bobs = await logIn();
    const end = (which: string, privileged = false) =>
      service.browser.send('delete', `/v1/sessions/${which}`, { ...asJson, ...callerHeader({ id, privileged }) });
    const foreign = await end(bobs);
    const none = await end('no-such-session');
    expect(foreign.body).toEqual(none.body);
    expect(foreign.status).toBe(404);
    expect((await end(bobs, true)).status).toBe(204);
    expect((await end(bobs, true)).status).toBe(404);
    expect((await end(id)).status).toBe(204);
    expect(service.events('session.revoked')).toMatchObject([
      {
        data: { user: { username: 'alice@example.com' }, sallyport: { sessionId: bobs, identity: { sub: 'sub-bob' } } },
      },
      { data: { sallyport: { sessionId: id } } },
    ]);
  });
});
