import { beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPair, UnsecuredJWT } from 'jose';
import { createBrowser } from '../testing/test-browser.ts';
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

describe('a back-channel logout', () => {
  const send = async (token: string | Promise<string>, provider = 'corp') =>
    service.browser.post(
      `/.sallyport/backchannel-logout/${provider}`,
      { 'content-type': 'application/x-www-form-urlencoded', accept: '*/*' },
      new URLSearchParams({ logout_token: await token }).toString(),
    );

  it('ends the sessions of a provider session, on every replica at once', async () => {
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

  it("ends all sessions of a user, and no other user's", async () => {
    await Promise.all([cliLogin(), browserLogin()]);
    service.provider.lies = bob;
    const bobs = await cliLogin();
    expect((await send(service.provider.logoutToken({ sub: 'sub-alice' }))).status).toBe(200);
    expect(await ids()).toEqual([bobs.id]);
    expect((await send(service.provider.logoutToken({ sub: 'nobody' }))).status).toBe(200);
  });

  it('with sid and sub ends only sessions with both, or without a sid', async () => {
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

  it('accepts a token only once', async () => {
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

  it('accepts a token again if ending the sessions failed', async () => {
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

  it('ends a pending login before it becomes a session', async () => {
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

  it('ends pending logins without a sid, and no others', async () => {
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
  ])('is refused with %s', async (_what, claims) => {
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

  it('is refused with another type, algorithm or key', async () => {
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

  it('is refused with an ID token instead of a logout token', async () => {
    const session = await cliLogin();
    const record = (await service.tokenStorage.tokens.read(session.id))!;
    const { idToken } = JSON.parse(service.tokenStorage.sealer.open(record.sealed, session.id)!) as { idToken: string };
    expect((await send(idToken)).status).toBe(400);
    expect(await ids()).toEqual([session.id]);
  });

  it('is accepted in the older form, without a type or expiry', async () => {
    await cliLogin();
    expect(
      (await send(service.provider.logoutToken({ sub: 'sub-alice', exp: undefined }, { typ: 'JWT' }))).status,
    ).toBe(200);
    expect((await send(service.provider.logoutToken({ sub: 'sub-alice' }, { typ: undefined }))).status).toBe(200);
    expect(await ids()).toEqual([]);
  });

  it('applies only to its own provider, not to the same subjects at another', async () => {
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

  it('must be a form post', async () => {
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
