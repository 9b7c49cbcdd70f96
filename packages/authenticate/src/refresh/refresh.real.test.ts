import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SessionChange } from '@sallyport/contracts';
import { cliCode, exchange } from '../testing/test-login.ts';
import {
  after,
  answerWith,
  identityOf,
  json,
  live,
  logIn,
  minute,
  outcomes,
  refreshCalls,
} from '../testing/test-refresh.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
let heard: SessionChange[];
async function begin(sections: Record<string, unknown> = {}) {
  service = await createTestService(sections);
  heard = [];
  service.sessions.onChange((change) => heard.push(change));
}
beforeEach(() => begin({ sessions: { memory: true, idle: '10h' } }));

describe('a refreshed session', () => {
  it('is refreshed within every interval, with the newest refresh token', async () => {
    const session = await logIn(service);
    expect(await after(service, 8 * minute)).toBe(0);
    expect(await after(service, 2 * minute)).toBe(1);
    for (let n = 0; n < 5; n += 1) expect(await after(service, 10 * minute)).toBe(1);
    expect(await live(service, session)).toEqual(session);
    expect(service.provider.refreshTokens.size).toBe(1);
    expect(await outcomes(service)).toEqual({ unchanged: 6 });
    expect([heard, service.events('session.refreshed')]).toEqual([[], []]);
  });

  it('gets new groups, names and claims, which is published at once and recorded once', async () => {
    const session = await logIn(service);
    service.provider.lies = {
      claims: { groups: ['developers', 'sre'], email: 'alice@example.org', department: 'r&d' },
    };
    await after(service, 10 * minute);
    expect(await identityOf(service, session)).toMatchObject({
      user: 'alice@example.org',
      email: 'alice@example.org',
      groups: ['developers', 'sre'],
      claims: { department: 'r&d' },
      subject: 'sub-alice',
    });
    expect(heard).toEqual([
      {
        type: 'changed',
        sessionId: session.id,
        issuer: session.identity.issuer,
        subject: 'sub-alice',
        at: service.clock.now,
      },
    ]);
    await after(service, 10 * minute);
    expect(heard).toHaveLength(1);
    expect(service.events('session.refreshed')).toMatchObject([
      {
        key: `-/${session.id}`,
        data: {
          verb: 'refresh',
          user: { username: 'alice@example.org', groups: ['developers', 'sre'] },
          sallyport: {
            sessionId: session.id,
            detail:
              'user: "alice@example.com" to "alice@example.org"; email: "alice@example.com" to "alice@example.org"; groups: +"sre"; claims: "email", "groups", "department"',
          },
        },
      },
    ]);
    expect(JSON.stringify(service.audit.records)).not.toContain('r&d');
  });

  it('loses groups', async () => {
    const session = await logIn(service);
    service.provider.lies = { claims: { groups: [] } };
    await after(service, 10 * minute);
    expect((await identityOf(service, session)).groups).toEqual([]);
    expect(service.events('session.refreshed')).toMatchObject([
      { data: { sallyport: { detail: expect.stringContaining('groups: -"developers"') } } },
    ]);
  });

  it('keeps how and when the user was authenticated, because a refresh is not a login', async () => {
    service.provider.lies = { claims: { acr: 'gold', amr: ['pwd', 'otp'], auth_time: 1_700_000_000 } };
    const session = await logIn(service);
    service.provider.lies = { claims: { acr: 'platinum', amr: ['hwk'], auth_time: 1_900_000_000, groups: ['sre'] } };
    await after(service, 10 * minute);
    expect(await identityOf(service, session)).toMatchObject({
      acr: 'gold',
      amr: ['pwd', 'otp'],
      authTime: 1_700_000_000,
      groups: ['sre'],
    });
    service.provider.lies = { claims: { groups: ['ops'] } };
    await after(service, 10 * minute);
    expect(await identityOf(service, session)).toMatchObject({
      acr: 'gold',
      amr: ['pwd', 'otp'],
      authTime: 1_700_000_000,
      groups: ['ops'],
    });
  });

  it('is refreshed whether it is used or not, and does not live longer because of it', async () => {
    await begin();
    const session = await logIn(service);
    for (let n = 0; n < 11; n += 1) await after(service, 10 * minute);
    expect(await live(service, session)).toEqual(session);
    service.clock.now = session.createdAt + session.idleMs;
    expect(await live(service, session)).toBe('unknown');
    const asked = refreshCalls(service);
    await after(service, 10 * minute);
    expect(refreshCalls(service)).toBe(asked);
    expect(await service.tokenStorage.tokens.count()).toBe(0);
  });

  it('gets claims that are missing in the ID token from UserInfo, as at the login', async () => {
    service.provider.lies = { claims: { groups: undefined }, userinfo: { groups: ['a'] } };
    const session = await logIn(service);
    expect(session.identity.groups).toEqual(['a']);
    service.provider.lies = { claims: { groups: undefined }, userinfo: { groups: ['b'] } };
    await after(service, 10 * minute);
    expect((await identityOf(service, session)).groups).toEqual(['b']);
    service.provider.lies = { claims: { groups: undefined } };
    await after(service, 10 * minute);
    expect((await identityOf(service, session)).groups).toEqual([]);
  });

  it('without a new ID token gets claims from UserInfo, and keeps the others of the last ID token', async () => {
    const session = await logIn(service);
    service.provider.lies = { noIdTokenAtRefresh: true, userinfo: { groups: ['sre'] } };
    await after(service, 10 * minute);
    expect(await identityOf(service, session)).toMatchObject({ user: 'alice@example.com', groups: ['sre'] });
    service.provider.lies = { noIdTokenAtRefresh: true };
    await after(service, 10 * minute);
    expect(await identityOf(service, session)).toMatchObject({ user: 'alice@example.com', name: 'Alice', groups: [] });
  });

  it('loses a group that only UserInfo named when UserInfo stops naming it', async () => {
    service.provider.lies = { claims: { groups: undefined }, userinfo: { groups: ['sre'] } };
    const session = await logIn(service);
    service.provider.lies = { noIdTokenAtRefresh: true };
    await after(service, 10 * minute);
    expect((await identityOf(service, session)).groups).toEqual([]);
  });

  it('stays the same if the provider confirms it without claims', async () => {
    await begin();
    service.provider.lies = { discovery: { userinfo_endpoint: undefined } };
    const session = await logIn(service);
    service.provider.lies = { discovery: { userinfo_endpoint: undefined }, noIdTokenAtRefresh: true };
    await after(service, 10 * minute);
    expect(await live(service, session)).toEqual(session);
    expect(await outcomes(service)).toEqual({ unchanged: 1 });
  });

  it('keeps a refresh token that is not rotated', async () => {
    service.provider.lies = { noRotation: true };
    const session = await logIn(service);
    for (let n = 0; n < 3; n += 1) await after(service, 10 * minute);
    expect(await live(service, session)).toEqual(session);
    expect(refreshCalls(service)).toBe(4);
  });

  it('lives until it expires without a refresh token', async () => {
    service.provider.lies = { noRefreshToken: true };
    const session = await logIn(service);
    expect(await after(service, 20 * minute)).toBe(0);
    expect(await live(service, session)).toEqual(session);
  });

  it('is refreshed at the interval of its provider, spread over the last tenth', async () => {
    await begin({
      identity: {
        providers: [
          {
            id: 'corp',
            issuer: 'https://idp.example.com',
            clientId: 'sallyport',
            clientSecret: 's3cr3t',
            refresh: { interval: '1m', outageGrace: '5m' },
          },
        ],
      },
    });
    await logIn(service);
    expect(await after(service, 0.94 * minute)).toBe(0);
    expect(await after(service, 0.02 * minute)).toBe(1);
  });

  it('may belong to a program as well as a browser', async () => {
    await exchange(service, { code: await cliCode(service) });
    const [session] = await service.sessions.list();
    service.provider.lies = { claims: { groups: ['sre'] } };
    await after(service, 10 * minute);
    expect((await identityOf(service, session!)).groups).toEqual(['sre']);
  });
});

describe('a session ends', () => {
  it.each([
    ['invalid_grant', 400],
    ['invalid_client', 401],
    ['unauthorized_client', 400],
    ['access_denied', 403],
  ])('if the provider responds with %s', async (error, status) => {
    const session = await logIn(service);
    answerWith(service, () => json({ error }, status));
    await after(service, 10 * minute);
    expect(await live(service, session)).toBe('refused');
    expect(heard).toMatchObject([{ type: 'revoked', sessionId: session.id }]);
    expect(service.events('session.ended')).toMatchObject([
      {
        data: {
          user: {},
          responseStatus: { message: 'refused' },
          sallyport: {
            sessionId: session.id,
            identity: { sub: 'sub-alice' },
            detail: expect.stringContaining(`status ${status}`),
          },
        },
      },
    ]);
    expect(await service.tokenStorage.tokens.read(session.id)).toBeUndefined();
    expect(await outcomes(service)).toEqual({ ended: 1 });
  });

  it.each([
    [400, 'text/html'],
    [404, 'text/plain'],
    [401, 'application/json'],
    [410, 'application/json'],
  ])('if the provider responds with %i and any body (%s)', async (status, type) => {
    const session = await logIn(service);
    answerWith(
      service,
      () => new Response('no', { status, headers: { 'content-type': type, 'www-authenticate': 'Basic realm="x"' } }),
    );
    await after(service, 10 * minute);
    expect(await live(service, session)).toBe('refused');
  });

  it('if UserInfo refuses', async () => {
    const session = await logIn(service);
    service.provider.lies = {
      claims: { groups: undefined },
      intercept: (path) => (path === '/userinfo' ? new Response('', { status: 403 }) : undefined),
    };
    await after(service, 10 * minute);
    expect(await live(service, session)).toBe('refused');
  });

  it.each([
    ['another subject', { sub: 'sub-mallory' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['another audience', { aud: 'other' }],
    ['an address that is not verified any more', { email_verified: false }],
    ['no user name', { email: undefined }],
    ['groups of another kind', { groups: [7] }],
    ["a name of Kubernetes' own", { email: 'system:admin' }],
  ])('if the provider sends %s', async (_what, claims) => {
    const session = await logIn(service);
    service.provider.lies = { claims };
    await after(service, 10 * minute);
    expect(await live(service, session)).toBe('changed');
    expect(service.events('session.refreshed')).toEqual([]);
  });

  it('if UserInfo is about another user', async () => {
    const session = await logIn(service);
    service.provider.lies = { noIdTokenAtRefresh: true, userinfo: { sub: 'sub-mallory' } };
    await after(service, 10 * minute);
    expect(await live(service, session)).toBe('changed');
  });
});
