import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { type Session, configSchema } from '@sallyport/contracts';
import type { OutboundFetch } from '@sallyport/kit';
import { throughProvider } from '../testing/test-login.ts';
import { createTestProvider, issuer } from '../testing/test-provider.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { createProviderClient } from './create-provider-client.ts';
import { readClientKey } from './openid/client-authentication.ts';

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
  it('can have names with dots, and paths', async () => {
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

  it('of the email address name the user under either name, and must be verified under both', async () => {
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

  it('that express "verified" differently count only if the operator lists them', async () => {
    await withSettings({ claims: { emailVerified: 'xms_edov' } });
    service.provider.lies = { claims: { xms_edov: '1' } };
    expect((await logIn()).status).toBe(403);
    await withSettings({ claims: { emailVerified: 'xms_edov' }, emailVerifiedValues: [true, 1, '1'] });
    service.provider.lies = { claims: { xms_edov: '1' } };
    expect((await logIn()).status).toBe(302);
  });

  it('that are required keep all other users out', async () => {
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

describe('the authorization request', () => {
  it('contains the extra parameters of the provider, and all parameters of the protocol', async () => {
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

  it('contains the hints of the user and domain', async () => {
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
  ])('is refused with %s', async (query) => {
    expect((await service.browser.get(`/.sallyport/login?${query}`)).status).toBe(400);
  });
});

describe('the gateway authenticates to the token endpoint', () => {
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

  it('as configured', async () => {
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
  ] as const)('with a signature of its own key (%s)', async (kind, alg, options) => {
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
