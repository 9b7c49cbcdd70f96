import { beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPair, UnsecuredJWT } from 'jose';
import { callerHeader } from '../testing/caller-header.ts';
import { createBrowser } from '../testing/test-browser.ts';
import { gateway } from '../testing/test-config.ts';
import { cliCode, exchange, throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { issuer } from '../testing/test-provider.ts';

let service: TestService;
let heard: string[];
beforeEach(async () => {
  service = await createTestService();
  heard = [];
  service.sessions.onChange(({ sessionId }) => heard.push(sessionId));
});
const asJson = { accept: 'application/json' };
const browserLogin = async (browser = createBrowser(service.app)) => {
  await throughProvider(service, '/.sallyport/login', undefined, browser);
  return { browser, session: (await service.sessions.list()).at(-1)! };
};
const cliLogin = async () => {
  await exchange(service, { code: await cliCode(service) });
  return (await service.sessions.list()).at(-1)!;
};
const ids = async () => (await service.sessions.list()).map(({ id }) => id);
const reasonOf = async (id: string) => {
  const found = await service.sessions.read(id);
  return found.state === 'revoked' ? found.tombstone.reason : found.state;
};
const bob = { claims: { sub: 'sub-bob', email: 'bob@example.com' } };

describe('a browser that logs out', () => {
  const logOut = async (headers: Record<string, string> = {}) => {
    const { browser, session } = await browserLogin();
    return {
      session,
      answer: await browser.post('/.sallyport/logout', {
        ...callerHeader({ id: session.id, kind: 'browser' }),
        origin: gateway,
        ...headers,
      }),
    };
  };
  const addressOf = (answer: { headers: Record<string, string> }) => {
    const refresh = answer.headers['refresh'];
    return refresh === undefined ? undefined : new URL(/^0; url=(https:\S+)$/.exec(refresh)![1]!);
  };

  it('goes on to the provider with its own id_token, and comes back to a page that ends nothing', async () => {
    const { answer, session } = await logOut();
    expect(answer.status).toBe(200);
    expect(await ids()).toEqual([]);
    const url = addressOf(answer)!;
    expect(`${url.origin}${url.pathname}`).toBe('https://idp.example.com/logout');
    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'id_token_hint', 'post_logout_redirect_uri']);
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${gateway}/.sallyport/signed-out`);
    const hint = JSON.parse(
      Buffer.from(url.searchParams.get('id_token_hint')!.split('.')[1]!, 'base64url').toString(),
    ) as object;
    expect(hint).toMatchObject({ sub: 'sub-alice', sid: session.sid });
    expect(answer.text).toContain(`href="${url.href.replaceAll('&', '&amp;')}"`);

    const { browser, session: other } = await browserLogin();
    const back = await browser.get('/.sallyport/signed-out?state=x', callerHeader({ id: other.id, kind: 'browser' }));
    expect([back.status, back.headers['set-cookie'], back.headers['refresh']]).toEqual([200, undefined, undefined]);
    expect(back.text).toContain('You are logged out');
    expect(await ids()).toEqual([other.id]);
  });

  it('is named by its address where the id_token is too long for an address, or is not kept', async () => {
    service.provider.lies = { claims: { note: 'x'.repeat(5000) } };
    expect(Object.fromEntries(addressOf((await logOut()).answer)!.searchParams)).toEqual({
      client_id: 'sallyport',
      logout_hint: 'sub-alice',
      post_logout_redirect_uri: `${gateway}/.sallyport/signed-out`,
    });
    service = await createTestService();
    const { browser, session } = await browserLogin();
    await service.tokenStorage.tokens.forget(session.id);
    const answer = await browser.post('/.sallyport/logout', {
      ...callerHeader({ id: session.id, kind: 'browser' }),
      origin: gateway,
    });
    expect(addressOf(answer)!.searchParams.get('logout_hint')).toBe('sub-alice');
  });

  it('is logged out here where the provider has no such address, is away, or is not to be asked', async () => {
    service.provider.lies = { discovery: { end_session_endpoint: undefined } };
    const without = await logOut();
    expect([addressOf(without.answer), without.answer.status]).toEqual([undefined, 200]);
    service = await createTestService();
    const { browser, session } = await browserLogin();
    service.clock.now += 3_600_001;
    service.provider.lies = { intercept: () => new Promise<Response>(() => {}) };
    const from = performance.now();
    const answer = await browser.post('/.sallyport/logout', {
      ...callerHeader({ id: session.id, kind: 'browser' }),
      origin: gateway,
    });
    expect([answer.status, addressOf(answer), await ids()]).toEqual([200, undefined, []]);
    expect(performance.now() - from).toBeLessThan(4000);
    service = await createTestService({
      identity: {
        providers: [{ id: 'corp', issuer, clientId: 'sallyport', clientSecret: 's3cr3t', endSession: false }],
      },
    });
    expect(addressOf((await logOut()).answer)).toBeUndefined();
  });

  it('is refused from another page, and still logged in', async () => {
    const { answer } = await logOut({ origin: 'https://evil.example' });
    expect(answer.status).toBe(403);
    expect(answer.headers['refresh']).toBeUndefined();
    expect(await ids()).toHaveLength(1);
  });
});

describe('a program that logs out', () => {
  it("ends its own session, or all of the person's, its own last, and nobody else's", async () => {
    const [one, two, three] = [await cliLogin(), await cliLogin(), await cliLogin()];
    service.provider.lies = bob;
    const bobs = await cliLogin();
    const logOut = (id: string, query = '') =>
      service.browser.post(`/.sallyport/logout${query}`, { ...asJson, ...callerHeader({ id }) });
    expect((await logOut(one.id)).status).toBe(204);
    expect(await ids()).toEqual([two.id, three.id, bobs.id]);
    expect((await logOut(two.id, '?everywhere=maybe')).status).toBe(400);
    expect((await logOut(two.id, '?everywhere=true')).status).toBe(204);
    expect(await ids()).toEqual([bobs.id]);
    expect(heard).toEqual([one.id, three.id, two.id]);
    expect(service.events('session.revoked').map(({ data }) => data.sallyport.detail)).toEqual([
      'logout',
      'logout everywhere',
      'logout',
    ]);
  });
});

describe('ending the sessions of a person, or of everybody', () => {
  const end = (query: string, caller: Parameters<typeof callerHeader>[0]) =>
    service.browser.send('delete', `/v1/sessions${query}`, { ...asJson, ...callerHeader(caller) });

  it('is for those whom api.policy.sessions names', async () => {
    const [mine] = [await cliLogin(), await cliLogin()];
    service.provider.lies = bob;
    const bobs = [await cliLogin(), await cliLogin()];
    for (const query of ['?user=bob@example.com', '?all=true', '?user=nobody', '?user=alice@example.com%20'])
      expect((await end(query, { id: mine.id })).body).toMatchObject({ code: 'forbidden' });
    expect(await ids()).toHaveLength(4);
    expect((await end('?user=bob@example.com', { id: mine.id, privileged: true })).body).toEqual({ revoked: 2 });
    expect(await Promise.all(bobs.map(({ id }) => reasonOf(id)))).toEqual(['revoked', 'revoked']);
    expect((await end('?user=bob@example.com', { id: mine.id, privileged: true })).body).toEqual({ revoked: 0 });
    expect((await end('?all=true', { id: mine.id, privileged: true })).body).toEqual({ revoked: 2 });
    expect(heard.at(-1)).toBe(mine.id);
    expect(await ids()).toEqual([]);
    expect(service.events('session.revoked')).toHaveLength(4);
  });

  it('lets everybody end all of their own, and not those of a namesake from another provider', async () => {
    const mine = await cliLogin();
    service.provider.lies = { claims: { sub: 'another-alice' } };
    const namesake = await cliLogin();
    expect((await end('?user=alice@example.com', { id: mine.id })).body).toEqual({ revoked: 1 });
    expect(await ids()).toEqual([namesake.id]);
  });

  it('may be for one provider only', async () => {
    const mine = await cliLogin();
    expect((await end('?user=alice@example.com&provider=other', { id: mine.id, privileged: true })).body).toEqual({
      revoked: 0,
    });
    expect((await end('?user=alice@example.com&provider=corp', { id: mine.id, privileged: true })).body).toEqual({
      revoked: 1,
    });
  });

  it('is told clearly whose', async () => {
    const mine = await cliLogin();
    for (const query of ['', '?user=', '?all=false', '?all=true&user=x', '?user=a&user=b', '?provider=corp'])
      expect((await end(query, { id: mine.id, privileged: true })).body).toMatchObject({ code: 'bad-request' });
    expect((await service.browser.send('delete', '/v1/sessions?all=true', asJson)).status).toBe(401);
    expect(await ids()).toEqual([mine.id]);
  });

  it('can be looked at first', async () => {
    const mine = await cliLogin();
    service.provider.lies = bob;
    const bobs = await cliLogin();
    const list = async (query: string, privileged: boolean) =>
      (await service.browser.get(`/v1/sessions${query}`, { ...asJson, ...callerHeader({ id: mine.id, privileged }) }))
        .body as { sessions?: { id: string }[]; code?: string };
    expect((await list('?user=bob@example.com', true)).sessions!.map(({ id }) => id)).toEqual([bobs.id]);
    expect((await list('?user=bob@example.com', false)).code).toBe('forbidden');
    expect((await list('?user=alice@example.com', false)).sessions!.map(({ id }) => id)).toEqual([mine.id]);
  });
});

describe('a limit on the sessions of a person', () => {
  const limited = (onLimit: string) => createTestService({ sessions: { memory: true, perUser: 2, onLimit } });

  it('ends the oldest, of that person alone, and says so', async () => {
    service = await limited('endOldest');
    service.provider.lies = bob;
    const bobs = await cliLogin();
    service.provider.lies = {};
    const first = await cliLogin();
    service.clock.now += 1000;
    const second = await cliLogin();
    service.clock.now += 1000;
    const third = await cliLogin();
    expect(await ids()).toEqual([bobs.id, second.id, third.id]);
    expect(await reasonOf(first.id)).toBe('limit');
    expect(service.events('session.ended')).toMatchObject([
      { data: { responseStatus: { message: 'limit' }, sallyport: { sessionId: first.id } } },
    ]);
  });

  it('refuses the new one, and lets it in when there is room', async () => {
    service = await limited('refuse');
    const first = await cliLogin();
    service.clock.now += 1000;
    await cliLogin();
    service.clock.now += 1000;
    const refused = await exchange(service, { code: await cliCode(service) });
    expect(refused.body).toMatchObject({
      code: 'too-many-requests',
      status: 429,
      detail: expect.stringContaining('already have 2 sessions'),
    });
    expect(await ids()).toHaveLength(2);
    expect(service.events('session.login')).toHaveLength(2);
    await service.sessions.revoke(first.id, { by: 'x', reason: 'logout' });
    expect((await exchange(service, { code: await cliCode(service) })).status).toBe(200);
    const page = await throughProvider(service, '/.sallyport/login');
    expect(page.status).toBe(429);
    expect(page.headers['set-cookie']?.toString() ?? '').not.toContain('spt_');
  });

  it('lets a browser log in again in place of its own session', async () => {
    for (const onLimit of ['refuse', 'endOldest']) {
      service = await limited(onLimit);
      const other = await cliLogin();
      const { browser } = await browserLogin();
      service.clock.now += 1000;
      await browserLogin(browser);
      const left = await ids();
      expect(left).toHaveLength(2);
      expect(left).toContain(other.id);
    }
  });

  it.each(['refuse', 'endOldest'])('holds for many logins at once (%s)', async (onLimit) => {
    service = await limited(onLimit);
    const codes = await Promise.all(Array.from({ length: 6 }, () => cliCode(service)));
    await Promise.all(codes.map((code) => exchange(service, { code })));
    const left = (await ids()).length;
    expect(left).toBeGreaterThanOrEqual(onLimit === 'refuse' ? 0 : 1);
    expect(left).toBeLessThanOrEqual(2);
    expect(service.events('session.login').length - service.events('session.ended').length).toBe(left);
  });
});

describe('a provider that logs somebody out', () => {
  const send = async (token: string | Promise<string>, provider = 'corp') =>
    service.browser.post(
      `/.sallyport/backchannel-logout/${provider}`,
      { 'content-type': 'application/x-www-form-urlencoded', accept: '*/*' },
      new URLSearchParams({ logout_token: await token }).toString(),
    );

  it('ends what hangs on its own session, on every replica at once', async () => {
    const [one, two] = [await cliLogin(), await cliLogin()];
    const answer = await send(service.provider.logoutToken({ sid: one.sid }));
    expect([answer.status, answer.text, answer.headers['cache-control']]).toEqual([200, '', 'no-store']);
    expect(await ids()).toEqual([two.id]);
    expect(await reasonOf(one.id)).toBe('provider-logout');
    expect(heard).toEqual([one.id]);
    expect(await service.tokenStorage.tokens.read(one.id)).toBeUndefined();
    expect(service.events('session.ended')).toMatchObject([
      {
        data: {
          requestURI: '/.sallyport/backchannel-logout/corp',
          responseStatus: { message: 'provider-logout' },
          sallyport: { sessionId: one.id, identity: { sub: 'sub-alice' }, detail: 'corp' },
        },
      },
    ]);
  });

  it("ends all of a person's, and nobody else's", async () => {
    await Promise.all([cliLogin(), browserLogin()]);
    service.provider.lies = bob;
    const bobs = await cliLogin();
    expect((await send(service.provider.logoutToken({ sub: 'sub-alice' }))).status).toBe(200);
    expect(await ids()).toEqual([bobs.id]);
    expect((await send(service.provider.logoutToken({ sub: 'nobody' }))).status).toBe(200);
  });

  it('ends by sid and sub together only what is both, or what never had a sid', async () => {
    service.provider.lies = bob;
    const bobs = await cliLogin();
    service.provider.lies = { claims: { sid: undefined } };
    const without = await cliLogin();
    service.provider.lies = {};
    const other = await cliLogin();
    expect((await send(service.provider.logoutToken({ sub: 'sub-alice', sid: bobs.sid }))).status).toBe(200);
    expect(await ids()).toEqual([bobs.id, other.id]);
    expect(await reasonOf(without.id)).toBe('provider-logout');
  });

  it('is heard once: a token that comes again is refused', async () => {
    const token = await service.provider.logoutToken({ sub: 'sub-alice' });
    expect((await send(token)).status).toBe(200);
    service.clock.now += 1;
    const session = await cliLogin();
    const again = await send(token);
    expect([again.status, again.body]).toEqual([
      400,
      { error: 'invalid_request', error_description: expect.stringContaining('already been used') },
    ]);
    service.clock.now += 299_000;
    expect((await send(token)).status).toBe(400);
    service.clock.now += 3_600_000;
    expect((await send(token)).status).toBe(400);
    expect(await ids()).toEqual([session.id]);
  });

  it('may say it again where it could not be done', async () => {
    const session = await cliLogin();
    const token = await service.provider.logoutToken({ sub: 'sub-alice' });
    const { list } = service.deps.sessions;
    service.deps.sessions.list = () => Promise.reject(new Error('away'));
    const away = createBrowser(
      (await import('../app/create-authenticate-app.ts')).createAuthenticateApp({
        ...service.deps,
        sessions: { ...service.deps.sessions },
      }),
    );
    service.deps.sessions.list = list;
    const failed = await away.post(
      '/.sallyport/backchannel-logout/corp',
      { 'content-type': 'application/x-www-form-urlencoded' },
      new URLSearchParams({ logout_token: token }).toString(),
    );
    expect([failed.status, failed.body]).toMatchObject([400, { error: 'logout_failed' }]);
    expect(await ids()).toEqual([session.id]);
    expect((await send(token)).status).toBe(200);
    expect(await ids()).toEqual([]);
  });

  it('reaches a login that is under way: no session comes of it', async () => {
    const code = await cliCode(service);
    await send(service.provider.logoutToken({ sub: 'sub-alice' }));
    expect((await exchange(service, { code })).body).toMatchObject({ code: 'login-failed' });
    expect(await ids()).toEqual([]);
    service.clock.now += 1;
    service.provider.lies = { claims: { sid: 'this-one' } };
    const bySid = await cliCode(service);
    await send(service.provider.logoutToken({ sid: 'this-one' }));
    service.clock.now += 1;
    expect((await exchange(service, { code: bySid })).body).toMatchObject({ code: 'login-failed' });
    service.provider.lies = {};
    expect((await exchange(service, { code: await cliCode(service) })).status).toBe(200);
  });

  it("reaches a login under way of which the provider's session was never said, and no other", async () => {
    service.provider.lies = { claims: { sid: undefined } };
    const unnamed = await cliCode(service);
    service.provider.lies = { claims: { sid: 'another' } };
    const named = await cliCode(service);
    service.provider.lies = { claims: { sid: undefined, ...bob.claims } };
    const ofBob = await cliCode(service);
    await send(service.provider.logoutToken({ sub: 'sub-alice', sid: 'this-one' }));
    expect((await exchange(service, { code: unnamed })).body).toMatchObject({ code: 'login-failed' });
    for (const code of [named, ofBob]) expect((await exchange(service, { code })).status).toBe(200);
    service.clock.now += 1;
    service.provider.lies = { claims: { sid: undefined } };
    expect((await exchange(service, { code: await cliCode(service) })).status).toBe(200);
  });

  it.each([
    ['another issuer', { iss: 'https://evil.example' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'other' }],
    ['no audience', { aud: undefined }],
    ['a nonce', { nonce: 'n' }],
    ['a nonce that is null', { nonce: null }],
    ['neither sub nor sid', {}],
    ['an empty sub', { sub: '' }],
    ['a sid that is no text', { sid: 7 }],
    ['no jti', { sub: 'sub-alice', jti: undefined }],
    ['an empty jti', { sub: 'sub-alice', jti: '' }],
    ['no events', { sub: 'sub-alice', events: undefined }],
    [
      'another event',
      { sub: 'sub-alice', events: { 'https://schemas.openid.net/secevent/risc/event-type/account-disabled': {} } },
    ],
    [
      'an event that is no object',
      { sub: 'sub-alice', events: { 'http://schemas.openid.net/event/backchannel-logout': true } },
    ],
    ['events that are a list', { sub: 'sub-alice', events: ['http://schemas.openid.net/event/backchannel-logout'] }],
    ['no time', { iat: undefined }],
    ['a time long ago', { iat: Math.floor(Date.now() / 1000) - 3600 }],
    ['a time to come', { iat: Math.floor(Date.now() / 1000) + 3600 }],
    ['an end in the past', { exp: Math.floor(Date.now() / 1000) - 60 }],
    ['a beginning to come', { nbf: Math.floor(Date.now() / 1000) + 600 }],
  ])('is not believed with %s', async (_what, claims) => {
    const session = await cliLogin();
    const answer = await send(
      service.provider.logoutToken({
        ...('sub' in claims || Object.keys(claims).length === 0 ? {} : { sub: 'sub-alice' }),
        ...claims,
      }),
    );
    expect([answer.status, answer.headers['cache-control'], answer.body]).toMatchObject([
      400,
      'no-store',
      { error: 'invalid_request' },
    ]);
    expect(await ids()).toEqual([session.id]);
  });

  it('is not believed with another type, algorithm or key', async () => {
    const session = await cliLogin();
    const { privateKey } = await generateKeyPair('RS256');
    const about = { sub: 'sub-alice' };
    const claims = {
      iss: issuer,
      aud: 'sallyport',
      iat: Math.floor(Date.now() / 1000),
      jti: 'j',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      ...about,
    };
    for (const token of [
      service.provider.logoutToken(about, { typ: 'at+jwt' }),
      service.provider.logoutToken(about, { typ: 'secevent+jwt' }),
      service.provider.logoutToken(about, {}, privateKey),
      service.provider.logoutToken(about, { kid: '../../dev/null' }, privateKey),
      service.provider.logoutToken(about, { crit: ['x'], x: 1 }).catch(() => 'x'),
      new UnsecuredJWT(claims).encode(),
      '',
      'x',
      'a.b.c',
      'x'.repeat(20_000),
    ])
      expect((await send(token)).status).toBeGreaterThanOrEqual(400);
    expect(await ids()).toEqual([session.id]);
  });

  it('is not believed with an id_token or an access token of its own', async () => {
    const session = await cliLogin();
    const record = (await service.tokenStorage.tokens.read(session.id))!;
    const { idToken } = JSON.parse(service.tokenStorage.sealer.open(record.sealed, session.id)!) as { idToken: string };
    expect((await send(idToken)).status).toBe(400);
    expect(await ids()).toEqual([session.id]);
  });

  it('is believed in the older form, without a type or an end', async () => {
    await cliLogin();
    expect(
      (await send(service.provider.logoutToken({ sub: 'sub-alice', exp: undefined }, { typ: 'JWT' }))).status,
    ).toBe(200);
    expect((await send(service.provider.logoutToken({ sub: 'sub-alice' }, { typ: undefined }))).status).toBe(200);
    expect(await ids()).toEqual([]);
  });

  it('speaks for itself alone: the same names at another issuer are other people', async () => {
    service = await createTestService({
      identity: {
        providers: [
          { id: 'corp', issuer, clientId: 'sallyport' },
          { id: 'other', issuer, clientId: 'other' },
        ],
      },
    });
    expect((await send(service.provider.logoutToken({ sub: 'sub-alice' }), 'other')).status).toBe(400);
    expect((await send(service.provider.logoutToken({ sub: 'sub-alice' }), 'nobody')).status).toBe(404);
  });

  it('posts a form, and nothing else', async () => {
    expect((await service.browser.get('/.sallyport/backchannel-logout/corp')).status).toBe(405);
    for (const body of ['', 'logout_token=', 'logout_token=a&logout_token=b', 'token=x']) {
      expect(
        (
          await service.browser.post(
            '/.sallyport/backchannel-logout/corp',
            { 'content-type': 'application/x-www-form-urlencoded' },
            body,
          )
        ).status,
      ).toBe(400);
    }
    expect(
      (
        await service.browser.post(
          '/.sallyport/backchannel-logout/corp',
          { 'content-type': 'application/json' },
          { logout_token: 'x' },
        )
      ).status,
    ).toBe(400);
    expect((await service.browser.post('/.sallyport/backchannel-logout/corp', { authorization: '' }, {})).status).toBe(
      401,
    );
  });
});
