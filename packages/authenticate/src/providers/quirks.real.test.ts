import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Session } from '@sallyport/contracts';
import { createBrowser } from '../testing/test-browser.ts';
import { throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { createTestProvider, issuer, type TestProvider } from '../testing/test-provider.ts';
import { readClientKey } from './openid/client-authentication.ts';
import type { OutboundFetch } from '@sallyport/kit';
import { createProviderClient } from './create-provider-client.ts';
import { configSchema } from '@sallyport/contracts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const logIn = () => throughProvider(service, '/.sallyport/login');
const one = async (): Promise<Session> => (await service.sessions.list())[0]!;
const asked = (path: string) => service.provider.calls.includes(path);
const corp = (settings: object) => ({ id: 'corp', issuer, clientId: 'sallyport', clientSecret: 's3cr3t', ...settings });
const withSettings = async (settings: object) => {
  service = await createTestService({ identity: { providers: [corp(settings)] } });
};
const queryOf = async (path = '/.sallyport/login') =>
  new URL((await service.browser.get(path)).headers['location']!).searchParams;

describe('claims', () => {
  it('stand where the provider puts them: names with dots in them, and paths', async () => {
    await withSettings({
      claims: { user: 'https://example.com/login', groups: 'realm_access.roles', email: 'upn' },
      emailVerified: 'ifPresent',
    });
    service.provider.lies = {
      claims: {
        'https://example.com/login': 'alice',
        realm_access: { roles: ['ops'] },
        upn: 'alice@corp.example',
        email_verified: undefined,
      },
    };
    await logIn();
    expect((await one()).identity).toMatchObject({ user: 'alice', groups: ['ops'], email: 'alice@corp.example' });
  });

  it('of the e-mail address name the user under either name, and must be verified under both', async () => {
    for (const user of ['email', 'mail']) {
      await withSettings({ claims: { user, email: 'mail', emailVerified: 'mail_ok' } });
      service.provider.lies = { claims: { email: 'root@example.com', mail: 'alice@example.com', mail_ok: true } };
      await logIn();
      expect((await one()).identity).toMatchObject({ user: 'alice@example.com', email: 'alice@example.com' });
      await withSettings({ claims: { user, email: 'mail', emailVerified: 'mail_ok' } });
      service.provider.lies = {
        claims: { email: 'root@example.com', email_verified: true, mail: 'alice@example.com', mail_ok: false },
      };
      expect((await logIn()).status).toBe(403);
    }
  });

  it('that say "verified" in other words count only if the operator lists them', async () => {
    await withSettings({ claims: { emailVerified: 'xms_edov' } });
    service.provider.lies = { claims: { xms_edov: '1' } };
    expect((await logIn()).status).toBe(403);
    await withSettings({ claims: { emailVerified: 'xms_edov' }, emailVerifiedValues: [true, 1, '1'] });
    service.provider.lies = { claims: { xms_edov: '1' } };
    expect((await logIn()).status).toBe(302);
  });

  it('that are required keep everybody else out', async () => {
    await withSettings({ requireClaims: { hd: 'example.com', groups: ['developers', 'sre'], token_use: 'id' } });
    const required = { hd: 'example.com', token_use: 'id' };
    for (const claims of [
      {},
      { ...required, hd: 'evil.example' },
      { ...required, hd: ['evil.example'] },
      { ...required, groups: ['sales'] },
      { ...required, groups: [] },
      { ...required, groups: undefined },
      { ...required, token_use: 'access' },
    ]) {
      service.provider.lies = { claims };
      expect((await logIn()).status).toBe(403);
    }
    expect(await service.sessions.list()).toEqual([]);
    service.provider.lies = { claims: { ...required, groups: ['sales', 'sre'] } };
    expect((await logIn()).status).toBe(302);
  });

  it('come from UserInfo always, never, or if some are missing', async () => {
    const lacking = { groups: undefined };
    await withSettings({ userInfo: 'never' });
    service.provider.lies = { claims: lacking, userinfo: { groups: ['sre'] } };
    await logIn();
    expect(asked('/userinfo')).toBe(false);
    expect((await one()).identity.groups).toEqual([]);
    await withSettings({ userInfo: 'always' });
    service.provider.lies = { userinfo: { department: 'R&D' } };
    await logIn();
    expect((await one()).identity.claims).toMatchObject({ department: 'R&D' });
  });
});

describe('the address that people are sent to', () => {
  it('carries what the provider wants besides, and never less than the protocol asks', async () => {
    await withSettings({ extraParams: { access_type: 'offline', prompt: 'select_account' } });
    const query = await queryOf();
    expect(Object.fromEntries(query)).toMatchObject({
      access_type: 'offline',
      prompt: 'select_account',
      response_type: 'code',
      code_challenge_method: 'S256',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(query.get(name)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('names the person and the domain that they came with', async () => {
    await withSettings({ domainHintParam: 'hd' });
    expect(Object.fromEntries(await queryOf('/.sallyport/login?login_hint=alice%40example.com'))).toMatchObject({
      login_hint: 'alice@example.com',
      hd: 'example.com',
    });
    expect(Object.fromEntries(await queryOf('/.sallyport/login?domain_hint=Example.ORG'))).toMatchObject({
      hd: 'example.org',
    });
    const plain = await queryOf();
    expect([plain.has('hd'), plain.has('login_hint')]).toEqual([false, false]);
    await withSettings({});
    expect((await queryOf('/.sallyport/login?login_hint=alice%40example.com')).has('hd')).toBe(false);
  });

  it.each([
    'login_hint=',
    'login_hint=%0d%0a',
    `login_hint=${'x'.repeat(257)}`,
    'domain_hint=',
    'domain_hint=-',
    'domain_hint=a%20b',
    'domain_hint=a&domain_hint=b',
  ])('is given to nobody who comes with %s', async (query) => {
    expect((await service.browser.get(`/.sallyport/login?${query}`)).status).toBe(400);
  });
});

describe('the gateway proves itself to the token endpoint', () => {
  const seen: { headers: Record<string, string>; body: URLSearchParams }[] = [];
  const tokenCall = async (settings: object, clientKey?: string) => {
    seen.length = 0;
    const provider = await createTestProvider();
    const fetch: OutboundFetch = (url, options) => {
      if (new URL(url).pathname === '/token')
        seen.push({ headers: options.headers, body: new URLSearchParams(options.body as URLSearchParams) });
      return provider.fetch(url, options);
    };
    const config = configSchema.parse({
      gateway: { url: 'http://127.0.0.1:1' },
      identity: { providers: [{ id: 'corp', issuer, clientId: 'sallyport', ...settings }] },
    }).identity.providers[0]!;
    const client = createProviderClient({
      provider: config,
      fetch,
      now: Date.now,
      ...(clientKey === undefined ? {} : { clientKey: readClientKey(clientKey) }),
    });
    const login = {
      redirectUri: 'https://gate.example.com/.sallyport/callback',
      state: 'state-of-the-test',
      nonce: 'n',
      codeVerifier: 'v'.repeat(43),
    };
    const back = provider.logIn((await client.authorizationUrl(login)).href);
    await client.completeLogin(new URLSearchParams(back), login);
    return seen[0]!;
  };

  it('as it is told to', async () => {
    expect((await tokenCall({ clientSecret: 's3cr3t', clientAuth: 'basic' })).headers['authorization']).toBe(
      `Basic ${btoa('sallyport:s3cr3t')}`,
    );
    const post = await tokenCall({ clientSecret: 's3cr3t', clientAuth: 'post' });
    expect([post.headers['authorization'], post.body.get('client_secret')]).toEqual([undefined, 's3cr3t']);
    const none = await tokenCall({ clientAuth: 'none' });
    expect([none.headers['authorization'], none.body.get('client_id'), none.body.has('client_secret')]).toEqual([
      undefined,
      'sallyport',
      false,
    ]);
  });

  it.each([
    ['rsa', 'RS256', { modulusLength: 2048 }],
    ['ec', 'ES256', { namedCurve: 'P-256' }],
    ['ed25519', 'Ed25519', {}],
  ] as const)('by a signature of its own key (%s)', async (kind, alg, options) => {
    const { privateKey } = generateKeyPairSync(kind as 'rsa', options as { modulusLength: number });
    const { headers, body } = await tokenCall(
      { clientAuth: 'private_key_jwt', clientKeyFile: 'key.pem', clientKeyId: 'key-1' },
      privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    );
    expect([headers['authorization'], body.has('client_secret'), body.get('client_assertion_type')]).toEqual([
      undefined,
      false,
      'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    ]);
    const assertion = body.get('client_assertion')!;
    expect(decodeProtectedHeader(assertion)).toMatchObject({ alg, kid: 'key-1' });
    expect(decodeJwt(assertion)).toMatchObject({ iss: 'sallyport', sub: 'sallyport' });
  });
});

describe('a provider with an issuer for each tenant', () => {
  const tenants = {
    issuer: 'https://login.example.com/organizations/v2.0',
    issuerTemplate: 'https://login.example.com/{tid}/v2.0',
    requireClaims: { tid: ['tenant-a', 'tenant-b'] },
  };
  const of = (tid: string, more: object = {}) => ({
    claims: { iss: `https://login.example.com/${tid}/v2.0`, tid, ...more },
    discovery: {
      issuer: 'https://login.example.com/{tenantid}/v2.0',
      authorization_response_iss_parameter_supported: undefined,
    },
  });
  const withoutIss = ({ iss: _iss, ...query }: Record<string, string>) => query;
  const arrive = () => throughProvider(service, '/.sallyport/login', withoutIss);
  beforeEach(() => withSettings(tenants));

  it('lets in people of the tenants that are named, each under their own issuer', async () => {
    for (const tid of ['tenant-a', 'tenant-b']) {
      service.provider.lies = of(tid);
      expect((await arrive()).status).toBe(302);
    }
    expect((await service.sessions.list()).map(({ identity }) => identity.issuer)).toEqual(
      expect.arrayContaining(['https://login.example.com/tenant-b/v2.0']),
    );
    expect(service.provider.calls.filter((path) => path === '/jwks')).toHaveLength(1);
    // The code is used once, however the answer is looked at.
    expect(service.provider.calls.filter((path) => path === '/token')).toHaveLength(2);
  });

  it.each([
    ['of another tenant', of('tenant-x')],
    ['that name one tenant and come from another', of('tenant-a', { iss: 'https://login.example.com/tenant-b/v2.0' })],
    ['without a tenant', of('tenant-a', { tid: undefined })],
    ['with the template itself as issuer', of('tenant-a', { iss: 'https://login.example.com/{tid}/v2.0' })],
    ["with the provider's spelling of it", of('tenant-a', { iss: 'https://login.example.com/{tenantid}/v2.0' })],
    ['from elsewhere', of('tenant-a', { iss: 'https://evil.example/tenant-a/v2.0' })],
    ['with a tenant that is a path', of('tenant-a', { tid: '../tenant-a' })],
    ['with several tenants', of('tenant-a', { tid: ['tenant-a'] })],
  ])('refuses tokens %s', async (_what, lies) => {
    service.provider.lies = lies;
    expect((await arrive()).status).toBe(403);
    expect(await service.sessions.list()).toEqual([]);
  });

  it('still verifies the signature, the nonce and the time', async () => {
    for (const claims of [{ nonce: 'other' }, { exp: 1 }, { aud: 'other' }]) {
      service.provider.lies = of('tenant-a', claims);
      expect((await arrive()).status).toBe(403);
    }
    service.provider.lies = {
      ...of('tenant-a'),
      sign: async (claims) =>
        `${Buffer.from('{"alg":"RS256","kid":"k1"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.AAAA`,
    };
    expect((await arrive()).status).toBe(403);
    expect(await service.sessions.list()).toEqual([]);
  });

  it('is asked again as the tenant that somebody came from, with a new id_token or without', async () => {
    service.provider.lies = of('tenant-a');
    await arrive();
    const { id, identity } = await one();
    const refresh = async () => {
      const { sealed } = (await service.tokenStorage.tokens.read(id))!;
      return service.deps.providers[0]!.refresh(
        JSON.parse(service.tokenStorage.sealer.open(sealed, id)!) as { refreshToken: string },
        { issuer: identity.issuer, subject: identity.subject },
      );
    };
    service.provider.lies = { ...of('tenant-a', { groups: ['ops'] }), noRotation: true };
    expect((await refresh()).identity).toMatchObject({
      issuer: 'https://login.example.com/tenant-a/v2.0',
      groups: ['ops'],
    });
    service.provider.lies = { ...of('tenant-b'), noRotation: true };
    await expect(refresh()).rejects.toMatchObject({ ends: 'changed' });
    service.provider.lies = { ...of('tenant-x'), noRotation: true };
    await expect(refresh()).rejects.toMatchObject({ ends: 'changed' });
    service.provider.lies = {
      ...of('tenant-a'),
      noRotation: true,
      noIdTokenAtRefresh: true,
      userinfo: { groups: ['sre'] },
    };
    expect((await refresh()).identity).toMatchObject({
      issuer: 'https://login.example.com/tenant-a/v2.0',
      groups: ['sre'],
    });
  });

  it('does not do so where nobody said which tenants, whatever the address', async () => {
    await withSettings({ issuer: 'https://login.microsoftonline.com/organizations/v2.0' });
    service.provider.lies = {
      discovery: { issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
      claims: { iss: 'https://login.microsoftonline.com/tenant-x/v2.0', tid: 'tenant-x' },
    };
    expect((await arrive()).status).toBe(403);
    expect(await service.sessions.list()).toEqual([]);
  });
});

describe('several providers', () => {
  const [a, b] = ['https://a.example', 'https://b.example'];
  let providers: Record<string, TestProvider>;
  const start = async (settings: { a?: object; b?: object; defaultProvider?: string } = {}) => {
    providers = { 'a.example': await createTestProvider(a), 'b.example': await createTestProvider(b) };
    const rest = settings.defaultProvider === undefined ? {} : { defaultProvider: settings.defaultProvider };
    service = await createTestService(
      {
        identity: {
          providers: [
            { id: 'a', name: 'Alpha & Sons', issuer: a, clientId: 'sallyport', clientSecret: 'x', ...settings.a },
            { id: 'b', issuer: b, clientId: 'sallyport', clientSecret: 'x', ...settings.b },
          ],
          ...rest,
        },
      },
      {
        fetch: (url, options) => providers[new URL(url).host]!.fetch(url, options),
      },
    );
  };
  const goesTo = async (path: string) => {
    const { status, headers } = await service.browser.get(path);
    return status === 302 ? new URL(headers['location']!).host : status;
  };
  const through = async (
    id: 'a' | 'b',
    change: (query: Record<string, string>) => Record<string, string> = (query) => query,
    browser = createBrowser(service.app),
  ) => {
    const there = await browser.get(`/.sallyport/login?provider=${id}`);
    const address = there.headers['location']!;
    const { searchParams } = new URL(address);
    const back = new URL(searchParams.get('redirect_uri')!).pathname;
    return browser.get(`${back}?${new URLSearchParams(change(providers[`${id}.example`]!.logIn(address))).toString()}`);
  };

  it('are chosen by whoever logs in, by the address, by a domain, or by the default', async () => {
    await start({ b: { domains: ['b.example.com'] } });
    const choice = await service.browser.get(
      '/.sallyport/login?return_to=%2F.sallyport%2Fme&login_hint=x%40c.example.com',
    );
    expect(choice.status).toBe(200);
    expect(choice.text).toContain('Alpha &amp; Sons <small>a.example</small>');
    expect(choice.text).toContain('return_to=%2F.sallyport%2Fme&amp;login_hint=x%40c.example.com&amp;provider=b');
    expect(await goesTo('/.sallyport/login?provider=b')).toBe('b.example');
    expect(await goesTo('/.sallyport/login?login_hint=alice%40B.example.com')).toBe('b.example');
    expect(await goesTo('/.sallyport/login?domain_hint=b.example.com')).toBe('b.example');
    expect(await goesTo('/.sallyport/login?domain_hint=b.example.com&provider=a')).toBe('a.example');
    expect(await goesTo('/.sallyport/login?provider=c')).toBe(400);
    await start({ defaultProvider: 'b' });
    expect(await goesTo('/.sallyport/login')).toBe('b.example');
    expect(await goesTo('/.sallyport/login?choose=true')).toBe(200);
  });

  it('make other people of the same names and subjects', async () => {
    await start();
    for (const id of ['a', 'b'] as const) expect((await through(id)).status).toBe(302);
    const all = await service.sessions.list();
    expect(all.map(({ identity: { issuer: of, subject } }) => `${of} ${subject}`).toSorted()).toEqual([
      `${a} sub-alice`,
      `${b} sub-alice`,
    ]);
    expect(await service.sessions.list({ issuer: a, subject: 'sub-alice' })).toHaveLength(1);
  });

  it('never meet in a name, where one has a prefix: what the other sends does not pass for it', async () => {
    await start({ b: { prefix: { user: 'b:', groups: 'b:' } } });
    expect((await through('b')).status).toBe(302);
    expect((await service.sessions.list())[0]!.identity).toMatchObject({
      user: 'b:alice@example.com',
      groups: ['b:developers'],
    });
    providers['a.example']!.lies = { claims: { email: 'b:alice@example.com' } };
    expect((await through('a')).status).toBe(403);
    providers['a.example']!.lies = { claims: { groups: ['sales', 'b:developers'] } };
    expect((await through('a')).status).toBe(403);
    expect(await service.sessions.list()).toHaveLength(1);
  });

  it('keep their fallback names to themselves', async () => {
    await start({ a: { claims: { user: 'nick' } }, b: { userFallback: true, prefix: { user: 'guests:' } } });
    providers['a.example']!.lies = { claims: { nick: 'b:sub-alice' } };
    expect((await through('a')).status).toBe(403);
    providers['b.example']!.lies = { claims: { email: undefined } };
    expect((await through('b')).status).toBe(302);
    expect((await service.sessions.list())[0]!.identity.user).toBe('b:sub-alice');
  });

  it('answer for themselves: an answer of one does not finish a login with the other (RFC 9207)', async () => {
    await start();
    for (const iss of [b, 'https://c.example', ''])
      expect((await through('a', (query) => ({ ...query, iss }))).status).toBe(403);
    // A provider that never promised to name itself is not believed either if another name stands there.
    await start();
    providers['a.example']!.lies = { discovery: { authorization_response_iss_parameter_supported: undefined } };
    expect((await through('a', (query) => ({ ...query, iss: b }))).status).toBe(403);
    expect(providers['a.example']!.calls).not.toContain('/token');
    expect(await service.sessions.list()).toEqual([]);
  });

  it('come back to an address of their own where they are told to, and to no other', async () => {
    await start({ b: { ownCallback: true } });
    const anonymous = { discovery: { authorization_response_iss_parameter_supported: undefined } };
    for (const provider of Object.values(providers)) provider.lies = anonymous;
    const unnamed = ({ iss: _iss, ...query }: Record<string, string>) => query;
    expect((await through('b', unnamed)).status).toBe(302);
    expect((await through('a', unnamed)).status).toBe(302);
    for (const [id, path] of [
      ['a', '/.sallyport/callback/b'],
      ['a', '/.sallyport/callback/a'],
      ['b', '/.sallyport/callback'],
    ] as const) {
      const browser = createBrowser(service.app);
      const address = (await browser.get(`/.sallyport/login?provider=${id}`)).headers['location']!;
      const before = providers[`${id}.example`]!.calls.length;
      const answer = await browser.get(
        `${path}?${new URLSearchParams(unnamed(providers[`${id}.example`]!.logIn(address))).toString()}`,
      );
      expect(answer.status).toBe(400);
      expect(providers[`${id}.example`]!.calls).toHaveLength(before);
    }
  });
});
