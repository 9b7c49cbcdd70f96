import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { SignJWT, generateKeyPair } from 'jose';
import type { Session, SessionChange } from '@sallyport/contracts';
import { createTokenSealer } from '@sallyport/stores';
import { storeTokens } from '../tokens/store-tokens.ts';
import { openTokens } from '../tokens/provider-tokens.ts';
import { createBrowser } from '../testing/test-browser.ts';
import { cliCode, exchange, throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { createRefresher } from './create-refresher.ts';

const minute = 60_000;
const hour = 60 * minute;
const json = (body: unknown, status: number, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

let service: TestService;
let heard: SessionChange[];
async function begin(sections: Record<string, unknown> = {}) {
  service = await createTestService(sections);
  heard = [];
  service.sessions.onChange((change) => heard.push(change));
}
beforeEach(() => begin({ sessions: { memory: true, idle: '10h' } }));

const logIn = async (): Promise<Session> => {
  await throughProvider(service, '/.sallyport/login');
  const { idleEndsAt: _moves, ...session } = (await service.sessions.list()).at(-1)!;
  return session;
};
/** As many sessions, made without a login each. */
const logInMany = async (count: number) => {
  const { id: _id, ...like } = await logIn();
  for (let n = 1; n < count; n += 1) {
    const session: Session = { ...like, id: `session-${n}` };
    const refreshToken = `refresh-token-of-${n}`;
    service.provider.refreshTokens.set(refreshToken, { sid: session.sid! });
    await storeTokens(service.deps, session, { refreshToken }, session.createdAt);
    await service.sessions.create(`hash-${n}`, session);
  }
};
const live = async ({ id }: Session) => {
  const found = await service.sessions.read(id);
  return found.state === 'live' ? found.session : found.state === 'revoked' ? found.tombstone.reason : found.state;
};
const identityOf = async (session: Session) => ((await live(session)) as Session).identity;
/** Lets time pass and refreshes what is due. */
const after = (ms: number) => {
  service.clock.now += ms;
  return service.refresher.runDue();
};
/** What the provider answers now changes nothing and ends nothing; what it says a minute later counts. */
const answersLater = async (session: Session, groups: string[]) => {
  await after(10 * minute);
  expect(await live(session)).toEqual(session);
  service.provider.lies = { claims: { groups } };
  await after(minute);
  expect((await identityOf(session)).groups).toEqual(groups);
};
const refreshCalls = () => service.provider.calls.filter((path) => path === '/token').length;
/** The token endpoint answers refreshes this way, logins as ever. */
const answerWith = (answer: () => Response | Promise<Response>) => {
  service.provider.lies.intercept = (path, body) =>
    path === '/token' && body.get('grant_type') === 'refresh_token' ? answer() : undefined;
};
const outcomes = async () => {
  const { values } = await service.metrics.getSingleMetric('sallyport_session_refreshes_total')!.get();
  return Object.fromEntries(values.map(({ labels, value }) => [labels['outcome'], value]));
};

describe('a session follows what its provider says', () => {
  it('is asked about within the interval, again and again, with the newest refresh token', async () => {
    const session = await logIn();
    expect(await after(8 * minute)).toBe(0);
    expect(await after(2 * minute)).toBe(1);
    for (let n = 0; n < 5; n += 1) expect(await after(10 * minute)).toBe(1);
    expect(await live(session)).toEqual(session);
    expect(service.provider.refreshTokens.size).toBe(1);
    expect(await outcomes()).toEqual({ unchanged: 6 });
    expect([heard, service.events('session.refreshed')]).toEqual([[], []]);
  });

  it('takes new groups, names and claims over, says so to everybody at once, and to the log once', async () => {
    const session = await logIn();
    service.provider.lies = {
      claims: { groups: ['developers', 'sre'], email: 'alice@example.org', department: 'r&d' },
    };
    await after(10 * minute);
    expect(await identityOf(session)).toMatchObject({
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
    await after(10 * minute);
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

  it('loses the groups that it had', async () => {
    const session = await logIn();
    service.provider.lies = { claims: { groups: [] } };
    await after(10 * minute);
    expect((await identityOf(session)).groups).toEqual([]);
    expect(service.events('session.refreshed')).toMatchObject([
      { data: { sallyport: { detail: expect.stringContaining('groups: -"developers"') } } },
    ]);
  });

  it('keeps how and when the person logged in: a refresh is no login', async () => {
    service.provider.lies = { claims: { acr: 'gold', amr: ['pwd', 'otp'], auth_time: 1_700_000_000 } };
    const session = await logIn();
    service.provider.lies = { claims: { acr: 'platinum', amr: ['hwk'], auth_time: 1_900_000_000, groups: ['sre'] } };
    await after(10 * minute);
    expect(await identityOf(session)).toMatchObject({
      acr: 'gold',
      amr: ['pwd', 'otp'],
      authTime: 1_700_000_000,
      groups: ['sre'],
    });
    service.provider.lies = { claims: { groups: ['ops'] } };
    await after(10 * minute);
    expect(await identityOf(session)).toMatchObject({
      acr: 'gold',
      amr: ['pwd', 'otp'],
      authTime: 1_700_000_000,
      groups: ['ops'],
    });
  });

  it('is asked about whether it is used or not, and does not live longer for it', async () => {
    await begin();
    const session = await logIn();
    for (let n = 0; n < 11; n += 1) await after(10 * minute);
    expect(await live(session)).toEqual(session);
    service.clock.now = session.createdAt + session.idleMs;
    expect(await live(session)).toBe('unknown');
    const asked = refreshCalls();
    await after(10 * minute);
    expect(refreshCalls()).toBe(asked);
    expect(await service.tokenStorage.tokens.count()).toBe(0);
  });

  it('takes what the id_token lacks from UserInfo, as at the login', async () => {
    service.provider.lies = { claims: { groups: undefined }, userinfo: { groups: ['a'] } };
    const session = await logIn();
    expect(session.identity.groups).toEqual(['a']);
    service.provider.lies = { claims: { groups: undefined }, userinfo: { groups: ['b'] } };
    await after(10 * minute);
    expect((await identityOf(session)).groups).toEqual(['b']);
    service.provider.lies = { claims: { groups: undefined } };
    await after(10 * minute);
    expect((await identityOf(session)).groups).toEqual([]);
  });

  it('asks UserInfo where a refresh brings no id_token: what it says counts, and what it never spoke of stays as the last id_token had it', async () => {
    const session = await logIn();
    service.provider.lies = { noIdTokenAtRefresh: true, userinfo: { groups: ['sre'] } };
    await after(10 * minute);
    expect(await identityOf(session)).toMatchObject({ user: 'alice@example.com', groups: ['sre'] });
    service.provider.lies = { noIdTokenAtRefresh: true };
    await after(10 * minute);
    expect(await identityOf(session)).toMatchObject({ user: 'alice@example.com', name: 'Alice', groups: [] });
  });

  it('forgets a group that only UserInfo ever named once it names it no more', async () => {
    service.provider.lies = { claims: { groups: undefined }, userinfo: { groups: ['sre'] } };
    const session = await logIn();
    service.provider.lies = { noIdTokenAtRefresh: true };
    await after(10 * minute);
    expect((await identityOf(session)).groups).toEqual([]);
  });

  it('lives on as it is where the provider vouches and says nothing else', async () => {
    await begin();
    service.provider.lies = { discovery: { userinfo_endpoint: undefined } };
    const session = await logIn();
    service.provider.lies = { discovery: { userinfo_endpoint: undefined }, noIdTokenAtRefresh: true };
    await after(10 * minute);
    expect(await live(session)).toEqual(session);
    expect(await outcomes()).toEqual({ unchanged: 1 });
  });

  it('keeps a refresh token that is not replaced', async () => {
    service.provider.lies = { noRotation: true };
    const session = await logIn();
    for (let n = 0; n < 3; n += 1) await after(10 * minute);
    expect(await live(session)).toEqual(session);
    expect(refreshCalls()).toBe(4);
  });

  it('lives to its end without one', async () => {
    service.provider.lies = { noRefreshToken: true };
    const session = await logIn();
    expect(await after(20 * minute)).toBe(0);
    expect(await live(session)).toEqual(session);
  });

  it('is refreshed by the interval of its provider, spread over its last tenth', async () => {
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
    await logIn();
    expect(await after(0.94 * minute)).toBe(0);
    expect(await after(0.02 * minute)).toBe(1);
  });

  it('holds for programs as for browsers', async () => {
    await exchange(service, { code: await cliCode(service) });
    const [session] = await service.sessions.list();
    service.provider.lies = { claims: { groups: ['sre'] } };
    await after(10 * minute);
    expect((await identityOf(session!)).groups).toEqual(['sre']);
  });
});

describe('a session ends with what made it', () => {
  it.each([
    ['invalid_grant', 400],
    ['invalid_client', 401],
    ['unauthorized_client', 400],
    ['access_denied', 403],
  ])('when the provider answers %s', async (error, status) => {
    const session = await logIn();
    answerWith(() => json({ error }, status));
    await after(10 * minute);
    expect(await live(session)).toBe('refused');
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
    expect(await outcomes()).toEqual({ ended: 1 });
  });

  it.each([
    [400, 'text/html'],
    [404, 'text/plain'],
    [401, 'application/json'],
    [410, 'application/json'],
  ])('when it answers %i whatever stands in it (%s)', async (status, type) => {
    const session = await logIn();
    answerWith(
      () => new Response('no', { status, headers: { 'content-type': type, 'www-authenticate': 'Basic realm="x"' } }),
    );
    await after(10 * minute);
    expect(await live(session)).toBe('refused');
  });

  it('when UserInfo refuses', async () => {
    const session = await logIn();
    service.provider.lies = {
      claims: { groups: undefined },
      intercept: (path) => (path === '/userinfo' ? new Response('', { status: 403 }) : undefined),
    };
    await after(10 * minute);
    expect(await live(session)).toBe('refused');
  });

  it.each([
    ['another subject', { sub: 'sub-mallory' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['another audience', { aud: 'other' }],
    ['an address that is not verified any more', { email_verified: false }],
    ['no user name', { email: undefined }],
    ['groups of another kind', { groups: [7] }],
    ["a name of Kubernetes' own", { email: 'system:admin' }],
  ])('when the provider speaks of %s', async (_what, claims) => {
    const session = await logIn();
    service.provider.lies = { claims };
    await after(10 * minute);
    expect(await live(session)).toBe('changed');
    expect(service.events('session.refreshed')).toEqual([]);
  });

  it('when UserInfo speaks of somebody else', async () => {
    const session = await logIn();
    service.provider.lies = { noIdTokenAtRefresh: true, userinfo: { sub: 'sub-mallory' } };
    await after(10 * minute);
    expect(await live(session)).toBe('changed');
  });
});

describe('a provider that is away ends nothing until the grace is over', () => {
  it.each([
    [
      'has no network',
      () => {
        throw new TypeError('fetch failed');
      },
    ],
    ['answers 500', () => json({ error: 'server_error' }, 500)],
    ['answers 503', () => new Response('', { status: 503 })],
    ['answers 429', () => json({ error: 'slow_down' }, 429)],
    ['answers 408', () => new Response('', { status: 408 })],
    ['sends a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['redirects', () => new Response('', { status: 302, headers: { location: 'https://evil.example/' } })],
  ])('when it %s', async (_what, answer) => {
    const session = await logIn();
    answerWith(answer);
    for (let at = 0; at < 59; at += 1) {
      await after(minute);
      expect(await live(session)).toEqual(session);
    }
    expect(refreshCalls()).toBeGreaterThan(5);
    expect(refreshCalls()).toBeLessThan(20);
    for (let at = 0; at < 2; at += 1) await after(minute);
    expect(await live(session)).toBe('provider-away');
    expect(service.events('session.ended')).toHaveLength(1);
    expect(await outcomes()).toEqual({ retry: refreshCalls() - 2, ended: 1 });
  });

  it('the grace runs from its last answer, which it may give in the last minute', async () => {
    const session = await logIn();
    answerWith(() => new Response('', { status: 503 }));
    await after(10 * minute);
    service.clock.now = session.createdAt + hour;
    service.provider.lies = { claims: { groups: ['sre'] } };
    await service.refresher.runDue();
    expect((await identityOf(session)).groups).toEqual(['sre']);
    answerWith(() => new Response('', { status: 503 }));
    for (let at = 0; at < 5; at += 1) await after(10 * minute);
    expect(((await live(session)) as Session).id).toBe(session.id);
    for (let at = 0; at < 2; at += 1) await after(10 * minute);
    expect(await live(session)).toBe('provider-away');
  });

  it('is left alone as long as it asks for, within reason', async () => {
    await logIn();
    answerWith(() => new Response('', { status: 429, headers: { 'retry-after': '300' } }));
    await after(10 * minute);
    expect(refreshCalls()).toBe(2);
    await after(4 * minute);
    expect(refreshCalls()).toBe(2);
    await after(2 * minute);
    expect(refreshCalls()).toBe(3);
  });

  it('keeps an answer that cannot be verified from ending or changing anything', async () => {
    const session = await logIn();
    const { privateKey } = await generateKeyPair('RS256');
    service.provider.lies = {
      noRotation: true,
      claims: { groups: ['sre'] },
      sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(privateKey),
    };
    await answersLater(session, ['ops']);
  });

  it('keeps the new refresh token when only UserInfo is away', async () => {
    const session = await logIn();
    service.provider.lies = {
      claims: { groups: undefined },
      intercept: (path) => (path === '/userinfo' ? new Response('', { status: 503 }) : undefined),
    };
    await answersLater(session, ['sre']);
  });

  it('is not asked for every session when it is away', async () => {
    await logInMany(200);
    const before = refreshCalls();
    answerWith(() => {
      throw new TypeError('fetch failed');
    });
    await after(10 * minute);
    expect(refreshCalls() - before).toBeLessThan(70);
    expect(await service.sessions.list()).toHaveLength(200);
  });

  it('is no outage of another provider', async () => {
    const providers = ['corp', 'other'].map((id) => ({
      id,
      issuer: 'https://idp.example.com',
      clientId: 'sallyport',
      clientSecret: 's3cr3t',
    }));
    await begin({ identity: { providers } });
    for (const provider of ['corp', 'corp', 'corp', 'corp', 'other'])
      await throughProvider(service, `/.sallyport/login?provider=${provider}`, undefined, createBrowser(service.app));
    const other = (await service.sessions.list()).find(({ identity }) => identity.provider === 'other')!;
    let asked = 0;
    answerWith(() => {
      asked += 1;
      if (asked <= 4) throw new TypeError('fetch failed');
      return json({ error: 'invalid_grant' }, 400);
    });
    await after(10 * minute);
    expect(asked).toBe(5);
    expect([await live(other), (await service.sessions.list()).length]).toEqual(['refused', 4]);
  });
});

describe('replicas share the work', () => {
  const replicaOf = (of: TestService) =>
    createRefresher({
      ...of.deps,
      tokenStorage: of.tokenStorage,
      events: { ended: () => {}, refreshed: () => {} },
      random: () => 0.5,
    });

  it('and ask once for each session', async () => {
    await logInMany(50);
    const before = refreshCalls();
    const others = [replicaOf(service), replicaOf(service), replicaOf(service)];
    service.clock.now += 10 * minute;
    const counts = await Promise.all([service.refresher, ...others].map((one) => one.runDue()));
    expect(refreshCalls() - before).toBe(50);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50);
    expect(await service.sessions.list()).toHaveLength(50);
  });

  it('and whoever was overtaken writes nothing, ends nothing', async () => {
    const session = await logIn();
    let go: (() => void) | undefined;
    const slow = new Promise<void>((resolve) => {
      go = resolve;
    });
    let first = true;
    service.provider.lies.intercept = (path, body) => {
      if (path !== '/token' || body.get('grant_type') !== 'refresh_token' || !first) return undefined;
      first = false;
      return slow.then(() => json({ error: 'invalid_grant' }, 400));
    };
    service.clock.now += 10 * minute;
    const overtaken = service.refresher.runDue();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await replicaOf(service).runDue()).toBe(0);
    service.clock.now += minute;
    service.provider.lies.claims = { groups: ['sre'] };
    expect(await replicaOf(service).runDue()).toBe(1);
    const tokens = await service.tokenStorage.tokens.read(session.id);
    go!();
    await overtaken;
    expect((await identityOf(session)).groups).toEqual(['sre']);
    expect(await service.tokenStorage.tokens.read(session.id)).toEqual(tokens);
    expect(await outcomes()).toEqual({ overtaken: 1 });
  });

  it('and bring no session back that is ended meanwhile', async () => {
    const session = await logIn();
    service.provider.lies = { claims: { groups: ['sre'] } };
    answerWith(async () => {
      await service.sessions.revoke(session.id, { by: 'bob', reason: 'revoked' });
      service.provider.lies.intercept = () => undefined;
      return json({ error: 'server_error' }, 500);
    });
    await after(10 * minute);
    await after(minute);
    expect(await live(session)).toBe('revoked');
    expect(await service.tokenStorage.tokens.count()).toBe(0);
  });
});

describe('tokens lie sealed', () => {
  const everything = async () => {
    const records = await Promise.all(
      (await service.sessions.list()).map(({ id }) => service.tokenStorage.tokens.read(id)),
    );
    return JSON.stringify([records, await service.sessions.list(), service.audit.records, service.lines]);
  };
  const secretsOf = (of: TestService) => [...of.provider.refreshTokens.keys()];

  it('in the store, on their way there, and in no log or event', async () => {
    const puts: string[] = [];
    const { singleUse } = service;
    service = await createTestService(
      {},
      {
        singleUse: {
          ...singleUse,
          put: (kind, key, value, ttl) => (puts.push(JSON.stringify(value)), singleUse.put(kind, key, value, ttl)),
        },
      },
    );
    await exchange(service, { code: await cliCode(service) });
    await logIn();
    const before = secretsOf(service);
    await after(10 * minute);
    answerWith(() => json({ error: 'server_error', error_description: 'about refresh-token-7-in-clear' }, 500));
    await after(10 * minute);
    const text = (await everything()) + puts.join();
    expect(before).toHaveLength(2);
    for (const secret of [...before, ...secretsOf(service), 'in-clear']) expect(text).not.toContain(secret);
    // Three letters alone come about by chance in what is sealed.
    expect(text).not.toMatch(/eyJ[\w-]+\.[\w-]+/);
  });

  it('for their own session alone', async () => {
    const [one, two] = [
      await logIn(),
      (await exchange(service, { code: await cliCode(service) }), (await service.sessions.list()).at(-1)!),
    ];
    const { sealer, tokens } = service.tokenStorage;
    const record = (await tokens.read(one.id))!;
    expect(openTokens(sealer, record.sealed, one.id)).toMatchObject({
      refreshToken: expect.stringContaining('refresh-token'),
      idToken: expect.stringMatching(/^eyJ/),
    });
    expect(openTokens(sealer, record.sealed, two.id)).toBeUndefined();
  });

  it('with the newest key from the next refresh on; without the old one they wait for it, and no longer than for the provider', async () => {
    const session = await logIn();
    const [old, fresh] = [
      { id: 'old', key: randomBytes(32) },
      { id: 'new', key: randomBytes(32) },
    ];
    const { tokens, sealer } = service.tokenStorage;
    const record = (await tokens.read(session.id))!;
    await tokens.keep(
      { ...record, sealed: createTokenSealer([old]).seal(sealer.open(record.sealed, session.id)!, session.id) },
      service.clock.now,
    );
    const refresherWith = (...ring: (typeof old)[]) =>
      createRefresher({
        ...service.deps,
        tokenStorage: { tokens, sealer: createTokenSealer(ring) },
        events: { ended: () => {}, refreshed: () => {} },
        random: () => 0.5,
      });
    await refresherWith(fresh).runDue();
    expect(await live(session)).toEqual(session);
    service.clock.now += minute;
    await refresherWith(fresh, old).runDue();
    expect((await tokens.read(session.id))!.sealed).toMatch(/^1\.new\./);
    expect(createTokenSealer([fresh]).open((await tokens.read(session.id))!.sealed, session.id)).toContain(
      'refresh-token',
    );
    const without = refresherWith(old);
    for (let at = 0; at < 8; at += 1) {
      service.clock.now += 10 * minute;
      await without.runDue();
    }
    expect(await live(session)).toBe('provider-away');
  });

  it('and are gone with their session', async () => {
    const session = await logIn();
    await service.browser.send('delete', `/v1/sessions/${session.id}`, {
      'sallyport-caller': Buffer.from(
        JSON.stringify({
          session: { id: session.id, kind: 'browser', expiresAt: 0 },
          privileged: true,
          clientAddress: '192.0.2.9',
          identity: { ...session.identity, claims: undefined },
        }),
      ).toString('base64url'),
    });
    expect(await live(session)).toBe('revoked');
    expect(await service.tokenStorage.tokens.read(session.id)).toBeUndefined();
  });
});
