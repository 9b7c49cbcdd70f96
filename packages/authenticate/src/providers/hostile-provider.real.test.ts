import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { issuer } from '../testing/test-provider.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
afterEach(() => void jest.restoreAllMocks());
const logIn = () => throughProvider(service, '/.sallyport/login');
const asked = (path: string) => service.provider.calls.filter((call) => call === path).length;
const json = (body: unknown) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });

/** Creates a service whose only provider has these additional settings. */
async function withSettings(settings: object): Promise<void> {
  service = await createTestService({
    identity: { providers: [{ id: 'corp', issuer, clientId: 'sallyport', clientSecret: 's3cr3t', ...settings }] },
  });
}

describe('a provider that changes its keys', () => {
  let keys: JWK[];
  let signing: { key: CryptoKey; kid: string };
  const rotate = async (kid: string) => {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    keys = [...keys, { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }];
    signing = { key: privateKey, kid };
  };
  const later = (seconds: number) => {
    const real = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => real + seconds * 1000);
  };
  beforeEach(async () => {
    keys = [service.provider.jwk];
    signing = { key: service.provider.privateKey, kid: 'k1' };
    service.provider.lies = {
      intercept: (path) => (path === '/jwks' ? json({ keys }) : undefined),
      sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: signing.kid }).sign(signing.key),
    };
  });

  it('is asked for them once, not at every login', async () => {
    for (let n = 0; n < 5; n += 1) expect((await logIn()).status).toBe(302);
    expect(asked('/jwks')).toBe(1);
  });

  it('is trusted with a new key, which is fetched when it first appears', async () => {
    expect((await logIn()).status).toBe(302);
    await rotate('k2');
    later(61);
    expect((await logIn()).status).toBe(302);
    expect(asked('/jwks')).toBe(2);
  });

  it('is not trusted with a key that it does not publish, and not asked for it more than once a minute', async () => {
    expect((await logIn()).status).toBe(302);
    const published = keys;
    await rotate('k9');
    keys = published;
    for (let n = 0; n < 10; n += 1) expect((await logIn()).status).toBe(403);
    expect(asked('/jwks')).toBe(1);
    later(61);
    for (let n = 0; n < 10; n += 1) expect((await logIn()).status).toBe(403);
    expect(asked('/jwks')).toBe(2);
  });

  it('is no longer trusted with a key that it has withdrawn', async () => {
    expect((await logIn()).status).toBe(302);
    const old = signing;
    await rotate('k2');
    keys = keys.slice(1);
    later(301);
    expect((await logIn()).status).toBe(302);
    signing = old;
    expect((await logIn()).status).toBe(403);
  });

  it.each([
    ['none at all', []],
    ['one for encryption', 'enc'],
    ['one of another kind', 'EC'],
  ])('cannot log anyone in with %s published', async (_what, what) => {
    if (what === 'enc') keys = [{ ...service.provider.jwk, use: 'enc' }];
    else if (what === 'EC')
      keys = [{ ...(await exportJWK((await generateKeyPair('ES256')).publicKey)), kid: 'k1', alg: 'ES256' }];
    else keys = [];
    expect((await logIn()).status).toBe(403);
    expect(await service.sessions.list()).toEqual([]);
  });

  it('counts as unavailable if it sends endless keys or redirects elsewhere', async () => {
    for (const answer of [
      () => new Response('x'.repeat(2_000_000), { headers: { 'content-type': 'application/json' } }),
      () => new Response(null, { status: 302, headers: { location: 'https://evil.example/jwks' } }),
    ]) {
      await withSettings({});
      service.provider.lies = { intercept: (path) => (path === '/jwks' ? answer() : undefined) };
      expect((await logIn()).status).toBe(503);
      expect(service.provider.calls.every((path) => path !== 'https://evil.example/jwks')).toBe(true);
    }
  });
});

describe('an ID token with other audiences', () => {
  it.each([
    ['too, which is not trusted', { aud: ['sallyport', 'billing'], azp: 'sallyport' }],
    ['too, and names no authorised party', { aud: ['sallyport', 'billing'] }],
    ['as its authorised party', { azp: 'billing' }],
    ['as authorised party of two', { aud: ['sallyport', 'sallyport-api'], azp: 'billing' }],
  ])('%s is refused', async (_what, claims) => {
    service.provider.lies = { claims };
    expect((await logIn()).status).toBe(403);
    expect(await service.sessions.list()).toEqual([]);
  });

  it('that the operator trusts is accepted if it was issued to this client', async () => {
    await withSettings({ audiences: ['sallyport-api'] });
    service.provider.lies = { claims: { aud: ['sallyport', 'sallyport-api'], azp: 'sallyport' } };
    expect((await logIn()).status).toBe(302);
    service.provider.lies = { claims: { aud: ['sallyport-api'], azp: 'sallyport' } };
    expect((await logIn()).status).toBe(403);
  });
});

describe('the metadata of a provider', () => {
  it.each([
    ['another issuer', { issuer: 'https://evil.example' }],
    ['its issuer in another case', { issuer: 'https://IDP.example.com' }],
    ['its issuer with more of a path', { issuer: `${issuer}/realms/x` }],
    ['no issuer', { issuer: undefined }],
    ['keys over plain http', { jwks_uri: 'http://idp.example.com/jwks' }],
    ['keys in a file', { jwks_uri: 'file:///etc/passwd' }],
    ["keys at the cloud's own address", { jwks_uri: 'https://169.254.169.254/latest' }],
    ['keys on this machine', { jwks_uri: 'https://localhost:8443/jwks' }],
    ['keys on IPv6 loopback', { jwks_uri: 'https://[::1]/jwks' }],
    ['keys at an address in other words', { jwks_uri: 'https://2852039166/jwks' }],
    ['keys on this machine, with a dot', { jwks_uri: 'https://localhost./jwks' }],
    ["keys at the cloud's own name", { jwks_uri: 'https://metadata.google.internal/jwks' }],
    ['tokens at a service of the cluster', { token_endpoint: 'https://kubernetes.default.svc/token' }],
    ['tokens at a short name', { token_endpoint: 'https://authorize/token' }],
    ['UserInfo inside the network', { userinfo_endpoint: 'https://10.0.0.7/userinfo' }],
    ['an address with a password', { token_endpoint: 'https://user:pw@idp.example.com/token' }],
    ['a page that is a script', { authorization_endpoint: 'javascript:alert(1)' }],
    ['no keys', { jwks_uri: undefined }],
    ['a logout that is a script', { end_session_endpoint: 'javascript:alert(1)' }],
  ])('with %s is refused, and nothing else is requested', async (_what, discovery) => {
    service.provider.lies = { discovery };
    const answer = await service.browser.get('/.sallyport/login');
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('failed verification');
    expect(service.provider.calls).toEqual(['/.well-known/openid-configuration']);
    expect(service.browser.jar.size).toBe(0);
  });

  it('may have endpoints on other Internet hosts, as with large providers, unless the operator lists the hosts', async () => {
    const discovery = { jwks_uri: 'https://keys.example.net/jwks', token_endpoint: 'https://tokens.example.net/token' };
    service.provider.lies = { discovery };
    expect((await logIn()).status).toBe(302);
    await withSettings({ endpointHosts: ['keys.example.net'] });
    service.provider.lies = { discovery };
    expect((await service.browser.get('/.sallyport/login')).status).toBe(403);
    await withSettings({ endpointHosts: ['keys.example.net', 'tokens.example.net'] });
    service.provider.lies = { discovery };
    expect((await logIn()).status).toBe(302);
  });

  it('may have endpoints on internal hosts that the operator lists', async () => {
    await withSettings({ endpointHosts: ['10.0.0.7', 'idp.example.com'] });
    service.provider.lies = { discovery: { jwks_uri: 'https://10.0.0.7/jwks' } };
    expect((await logIn()).status).toBe(302);
  });

  it('may be at another URL, but must name the configured issuer', async () => {
    await withSettings({ discoveryUrl: 'https://config.example.net/.well-known/openid-configuration' });
    expect((await logIn()).status).toBe(302);
    await withSettings({ discoveryUrl: 'https://config.example.net/.well-known/openid-configuration' });
    service.provider.lies = { discovery: { issuer: 'https://config.example.net' } };
    expect((await service.browser.get('/.sallyport/login')).status).toBe(403);
  });

  it('that does not arrive in time is refused', async () => {
    service.provider.lies = {
      intercept: () => Promise.reject(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
    };
    expect((await service.browser.get('/.sallyport/login')).status).toBe(503);
  });

  it('is requested with a timeout', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    service = await createTestService(
      {},
      {
        fetch: async (url, options) => {
          signals.push(options.signal);
          return service.provider.fetch(url, options);
        },
      },
    );
    await logIn();
    expect(signals.length).toBeGreaterThanOrEqual(3);
    expect(signals.every((signal) => signal instanceof AbortSignal)).toBe(true);
  });
});

describe('a code of another login', () => {
  it('injected into a browser is useless without the secrets of its login', async () => {
    const mallory = await createTestService();
    const theirs = service.provider.logIn((await mallory.browser.get('/.sallyport/login')).headers['location']!);
    // With the victim's state (code injection), and with the attacker's (login CSRF).
    const injected = await throughProvider(service, '/.sallyport/login', (query) => ({
      ...query,
      code: theirs['code']!,
    }));
    expect(injected.status).toBe(403);
    const forged = await service.browser.get(`/.sallyport/callback?${new URLSearchParams(theirs).toString()}`);
    expect(forged.status).toBe(400);
    expect(await service.sessions.list()).toEqual([]);
  });

  it.each([
    ['no code', ({ state, iss }: Record<string, string>) => ({ state: state!, iss: iss! })],
    ['an empty code', (query: Record<string, string>) => ({ ...query, code: '' })],
  ])('is refused, as is %s', async (_what, change) => {
    expect((await throughProvider(service, '/.sallyport/login', change)).status).toBe(403);
    expect(await service.sessions.list()).toEqual([]);
  });
});
