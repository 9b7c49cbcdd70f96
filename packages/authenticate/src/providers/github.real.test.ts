import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Session } from '@sallyport/contracts';
import { createFakeGithub, type FakeGithub } from '../testing/fake-github.ts';
import { createBrowser } from '../testing/test-browser.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { githubApiUrl } from './github/github-api.ts';

let service: TestService;
let github: FakeGithub;
const settings = {
  id: 'hub',
  kind: 'github',
  issuer: 'https://github.com',
  clientId: 'Iv1.client',
  clientSecret: 's3cr3t',
};
const start = async (more: object = {}, fake: Parameters<typeof createFakeGithub>[0] = {}) => {
  github = createFakeGithub(fake);
  service = await createTestService(
    { identity: { providers: [{ ...settings, ...more }] } },
    { fetch: (url, options) => github.fetch(url, options) },
  );
};
beforeEach(() => start());

const logIn = async (change: (query: Record<string, string>) => Record<string, string> = (query) => query) => {
  const browser = createBrowser(service.app);
  const there = await browser.get('/.sallyport/login');
  return browser.get(
    `/.sallyport/callback?${new URLSearchParams(change(github.logIn(there.headers['location']!))).toString()}`,
  );
};
const one = async (): Promise<Session> => (await service.sessions.list())[0]!;
const refused = async (status: number, text: string, change?: Parameters<typeof logIn>[0]) => {
  const answer = await logIn(change);
  expect(answer.status).toBe(status);
  expect(answer.text).toContain(text);
  expect(await service.sessions.list()).toEqual([]);
};
const json = (body: unknown, status = 200, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

describe('a login with GitHub', () => {
  it('uses state and PKCE, and yields the user ID, the verified primary address, organisations and teams', async () => {
    const { searchParams: query } = new URL(
      (await service.browser.get('/.sallyport/login?login_hint=alice')).headers['location']!,
    );
    expect(Object.fromEntries(query)).toMatchObject({
      client_id: 'Iv1.client',
      response_type: 'code',
      code_challenge_method: 'S256',
      scope: 'read:user user:email read:org',
      login: 'alice',
      redirect_uri: 'https://gate.example.com:8443/.sallyport/callback',
    });
    expect((await logIn()).status).toBe(302);
    expect((await one()).identity).toMatchObject({
      provider: 'hub',
      issuer: 'https://github.com',
      subject: '583231',
      user: 'alice@example.com',
      email: 'alice@example.com',
      name: 'Alice',
      groups: ['acme', 'globex', 'initech', 'acme/platform', 'acme/on-call', 'globex/platform'],
      claims: { login: 'alice' },
    });
  });

  it('identifies users by their numeric ID, whatever their current or former login name is', async () => {
    await start({ claims: { user: 'login' } });
    await logIn();
    github.person = { ...github.person, login: 'alice-renamed' };
    await logIn();
    github.person = { ...github.person, id: 999, login: 'alice' };
    await logIn();
    const found = (await service.sessions.list()).map(({ identity }) => [identity.subject, identity.user]);
    expect(found).toEqual(
      expect.arrayContaining([
        ['583231', 'alice-renamed'],
        ['999', 'alice'],
      ]),
    );
  });

  it('uses only the primary address, and only if it is verified', async () => {
    github.person = {
      ...github.person,
      emails: [
        { email: 'alice@example.com', primary: true, verified: false },
        { email: 'ceo@example.com', primary: false, verified: true },
      ],
    };
    await refused(403, 'not verified');
    github.person = { ...github.person, emails: [] };
    await refused(403, 'did not send the claim email');
  });

  it('requests no groups and no address without the scopes', async () => {
    await start({ scopes: ['read:user'], claims: { user: 'login' } });
    await logIn();
    expect((await one()).identity).toMatchObject({ user: 'alice', groups: [] });
    expect(github.calls.filter((call) => call.includes('api.'))).toEqual(['GET https://api.github.com/user']);
  });

  it('can be restricted to members of one organisation', async () => {
    await start({ requireClaims: { groups: ['acme'] } });
    expect((await logIn()).status).toBe(302);
    await start({ requireClaims: { groups: ['umbrella'] } });
    await refused(403, 'not allowed here');
  });

  it('stores tokens of GitHub only sealed', async () => {
    await logIn();
    const record = await service.tokenStorage.tokens.read((await one()).id);
    expect(record?.sealed).toBeDefined();
    expect(JSON.stringify([record, await one(), service.audit.records, service.lines])).not.toContain('gho_');
  });
});

describe('an unexpected response of GitHub refuses the login', () => {
  it.each([
    [
      'a used or foreign code',
      (query: Record<string, string>) => ({ ...query, code: 'other' }),
      'refused the login (bad_verification_code)',
    ],
    ['no code', ({ state }: Record<string, string>) => ({ state: state! }), 'sent no authorization code'],
    [
      'an answer that names another issuer',
      (query: Record<string, string>) => ({ ...query, iss: 'https://evil.example' }),
      'does not belong to this login',
    ],
    [
      'a denial',
      ({ state }: Record<string, string>) => ({ state: state!, error: 'access_denied' }),
      'denied the login',
    ],
  ])('refuses the login after %s', async (_what, change, text) => refused(403, text, change));

  it('the code of another login', async () => {
    const other = await service.browser.get('/.sallyport/login');
    const foreign = github.logIn(other.headers['location']!);
    await refused(403, 'refused the login', (query) => ({ ...query, code: foreign['code']! }));
  });

  it('a client that GitHub does not know', async () => {
    await start({ clientSecret: 'wrong' });
    await refused(403, 'does not accept this gateway as a client');
  });

  it.each([
    ['/user', json({ message: 'Sorry. Your account was suspended' }, 403), 403],
    ['/user/teams', json({ message: 'Resource protected by organization SAML enforcement.' }, 403), 403],
    ['/user/orgs', json({ message: 'Not Found' }, 404), 403],
    ['/user', json({ login: 'alice' }), 403],
    ['/user', json({ id: '583231', login: 'alice' }), 403],
    ['/user', json({ id: 1.5, login: 'alice' }), 403],
    ['/user/teams', json({ teams: [] }), 403],
    ['/user', new Response('<html>', { status: 200 }), 503],
    ['/user', json({}, 502), 503],
    ['/user/emails', json({}, 429), 503],
    ['/user', json({}, 403, { 'x-ratelimit-remaining': '0' }), 503],
    ['/user', new Response(null, { status: 302, headers: { location: 'https://evil.example' } }), 403],
    ['/login/oauth/access_token', json({}, 500), 503],
    ['/login/oauth/access_token', json({ access_token: '' }), 403],
  ])('%s (case %#)', async (path, answer, status) => {
    github.intercept = (asked) => (asked === path ? answer.clone() : undefined);
    await refused(status, 'hub');
    expect(github.calls.every((call) => !call.includes('evil'))).toBe(true);
  });

  it('a network that fails', async () => {
    github.intercept = (path) => {
      if (path === '/user') throw new TypeError('fetch failed');
      return undefined;
    };
    await refused(503, 'cannot be reached');
  });

  it('a next page on another host, which would receive the token', async () => {
    github.intercept = (path) =>
      path === '/user/orgs'
        ? json([{ login: 'acme' }], 200, { link: '<https://evil.example/user/orgs?page=2>; rel="next"' })
        : undefined;
    await refused(403, 'hub');
    expect(github.calls.every((call) => !call.includes('evil'))).toBe(true);
  });

  it('endless pages', async () => {
    github.intercept = (path) =>
      path === '/user/orgs'
        ? json([{ login: 'acme' }], 200, { link: '<https://api.github.com/user/orgs?page=2>; rel="next"' })
        : undefined;
    await refused(403, 'hub');
    expect(github.calls.filter((call) => call.endsWith('/user/orgs')).length).toBeLessThan(30);
  });
});

describe('a login with requirements', () => {
  it('is refused, because GitHub cannot confirm them', async () => {
    for (const query of ['max_age=300', 'acr_values=phr']) {
      const answer = await service.browser.get(`/.sallyport/login?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('does not support max_age and acr_values');
    }
  });
});

describe('a session that is refreshed at GitHub', () => {
  const refresh = async () => {
    const { id, identity } = await one();
    const { tokens } = { tokens: await service.tokenStorage.tokens.read(id) };
    const kept = JSON.parse(service.tokenStorage.sealer.open(tokens!.sealed, id)!) as { refreshToken: string };
    return service.deps.providers[0]!.refresh(kept, { issuer: identity.issuer, subject: identity.subject });
  };

  it.each([
    ['with the token that lasts', false],
    ['with a new one, where tokens expire', true],
  ])('%s, gets the current groups', async (_what, expiring) => {
    await start({}, { expiring });
    await logIn();
    github.person = { ...github.person, orgs: ['globex'], teams: [] };
    const { identity, tokens } = await refresh();
    expect(identity?.groups).toEqual(['globex']);
    expect(tokens.refreshToken).toBe(expiring ? 'ghr_refresh2' : 'lasting gho_access1');
  });

  it('ends if the user revoked the application, was suspended or is another user', async () => {
    await logIn();
    github.person = { ...github.person, id: 7 };
    await expect(refresh()).rejects.toMatchObject({ ends: 'changed' });
    github.tokens.clear();
    await expect(refresh()).rejects.toMatchObject({ ends: 'refused' });
    await start({}, { expiring: true });
    await logIn();
    github.refreshTokens.clear();
    await expect(refresh()).rejects.toMatchObject({ ends: 'refused' });
  });

  it('continues while GitHub is down or limits requests', async () => {
    await logIn();
    for (const [answer, retryAfterMs] of [
      [json({}, 502), undefined],
      [json({}, 429, { 'retry-after': '60' }), 60_000],
      [json({}, 403, { 'x-ratelimit-remaining': '0' }), undefined],
    ] as const) {
      github.intercept = (path) => (path === '/user' ? answer.clone() : undefined);
      await expect(refresh()).rejects.toMatchObject({ ends: undefined, retryAfterMs });
    }
    github.intercept = () => {
      throw new TypeError('fetch failed');
    };
    await expect(refresh()).rejects.toMatchObject({ ends: undefined });
  });
});

describe('the API of GitHub', () => {
  it.each([
    ['https://github.com', undefined, 'https://api.github.com'],
    ['https://acme.ghe.com', undefined, 'https://api.acme.ghe.com'],
    ['https://git.example.com', undefined, 'https://git.example.com/api/v3'],
    ['https://git.example.com', 'https://api.example.com', 'https://api.example.com'],
  ])('of %s with apiUrl %s is at %s', (issuer, apiUrl, expected) => {
    expect(githubApiUrl({ issuer, apiUrl })).toBe(expected);
  });

  it('works on GitHub Enterprise Server too', async () => {
    await start(
      { issuer: 'https://git.example.com' },
      { at: 'https://git.example.com', api: 'https://git.example.com/api/v3' },
    );
    expect((await logIn()).status).toBe(302);
    expect((await one()).identity.issuer).toBe('https://git.example.com');
  });
});
