import { beforeEach, describe, expect, it } from '@jest/globals';
import { SignJWT, UnsecuredJWT, exportSPKI, generateKeyPair } from 'jose';
import type { Session } from '@sallyport/contracts';
import { createBrowser } from '../testing/test-browser.ts';
import { throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const logIn = () => throughProvider(service, '/.sallyport/login');
const one = async (): Promise<Session> => (await service.sessions.list())[0]!;
const expectNoSession = async () => expect(await service.sessions.list()).toEqual([]);
const refused = async (status = 403) => {
  const answer = await logIn();
  expect(answer.status).toBe(status);
  expect(answer.headers['set-cookie']?.toString() ?? '').not.toContain('spt_');
  await expectNoSession();
  return answer.text;
};

describe('an invalid ID token refuses the login', () => {
  it.each([
    ['another nonce', { nonce: 'other' }],
    ['no nonce', { nonce: undefined }],
    ['another audience', { aud: 'other' }],
    ['more audiences, another authorised party', { aud: ['sallyport', 'other'], azp: 'other' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['an issuer with a slash', { iss: 'https://idp.example.com/' }],
    ['an issuer in another case', { iss: 'https://IDP.example.com' }],
    ['an issuer over http', { iss: 'http://idp.example.com' }],
    ['no issuer', { iss: undefined }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['no end', { exp: undefined }],
    ['an end in the past', { exp: Math.floor(Date.now() / 1000) - 60 }],
    ['a beginning in the future', { nbf: Math.floor(Date.now() / 1000) + 600 }],
  ])('with %s', async (_what, claims) => {
    service.provider.lies = { claims };
    expect(await refused()).toMatch(/failed verification|did not send your identity|subject/i);
  });

  it('accepts a token that expired less than half a minute ago', async () => {
    service.provider.lies = { claims: { exp: Math.floor(Date.now() / 1000) - 20 } };
    expect((await logIn()).status).toBe(302);
  });

  it('without a signature (alg none)', async () => {
    for (const algorithms of [['RS256'], ['none', 'RS256'], ['none'], undefined]) {
      service = await createTestService();
      service.provider.lies = {
        sign: async (claims) => new UnsecuredJWT(claims).encode(),
        discovery: { id_token_signing_alg_values_supported: algorithms },
      };
      await refused();
    }
  });

  it('signed by HS256 with the public key', async () => {
    const secret = new TextEncoder().encode(await exportSPKI(service.provider.publicKey));
    service.provider.lies = {
      discovery: { id_token_signing_alg_values_supported: ['HS256', 'RS256'] },
      sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret),
    };
    await refused();
  });

  it('signed by HS256 with the client secret, which is not a signature of the provider', async () => {
    const secret = new TextEncoder().encode('s3cr3t'.padEnd(32, 'x'));
    service.provider.lies = {
      discovery: { id_token_signing_alg_values_supported: ['HS256', 'RS256'] },
      sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(secret),
    };
    await refused();
  });

  it('signed by another key, under the same or a foreign key id', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    for (const kid of ['k1', 'k2', '../../../dev/null', 'https://evil.example/jwks']) {
      service.provider.lies = {
        sign: (claims) =>
          new SignJWT(claims)
            .setProtectedHeader({ alg: 'RS256', kid, jku: 'https://evil.example/jwks' })
            .sign(privateKey),
      };
      await refused();
    }
    expect(
      service.provider.calls.every((path) => ['/.well-known/openid-configuration', '/token', '/jwks'].includes(path)),
    ).toBe(true);
  });

  it('altered after it was signed', async () => {
    service.provider.lies = {
      sign: async (claims, key) => {
        const [head, , signature] = (
          await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(key)
        ).split('.');
        return [
          head,
          Buffer.from(JSON.stringify({ ...claims, email: 'bob@example.com' })).toString('base64url'),
          signature,
        ].join('.');
      },
    };
    await refused();
  });
});

describe('an invalid response of the provider refuses the login', () => {
  it.each([
    ['none, though it promises one', undefined],
    ["another provider's", 'https://evil.example'],
    ['nearly its own', 'https://idp.example.com/'],
  ])('with iss: %s (RFC 9207)', async (_what, iss) => {
    const answer = await throughProvider(service, '/.sallyport/login', ({ code, state }) => ({
      code: code!,
      state: state!,
      ...(iss === undefined ? {} : { iss }),
    }));
    expect(answer.status).toBe(403);
    await expectNoSession();
  });

  it('with a code of another login', async () => {
    const other = createBrowser(service.app);
    const foreign = service.provider.logIn((await other.get('/.sallyport/login')).headers['location']!);
    const answer = await throughProvider(service, '/.sallyport/login', (query) => ({
      ...query,
      code: foreign['code']!,
    }));
    expect(answer.status).toBe(403);
    await expectNoSession();
  });

  it.each([
    ['access_denied', 403],
    ['server_error', 503],
    ['temporarily_unavailable', 503],
    ['<script>', 403],
  ])('the error %s', async (error, status) => {
    const answer = await throughProvider(service, '/.sallyport/login', ({ state, iss }) => ({
      error,
      state: state!,
      iss: iss!,
    }));
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain('<script');
    await expectNoSession();
  });

  it('with UserInfo about another user', async () => {
    service.provider.lies = { claims: { groups: undefined }, userinfo: { sub: 'sub-bob', groups: ['admins'] } };
    await refused();
  });
});

describe('claims that are missing in the ID token', () => {
  it('come from UserInfo', async () => {
    service.provider.lies = {
      claims: { groups: undefined, email: undefined, email_verified: undefined },
      userinfo: { groups: ['sre'], email: 'alice@example.com', email_verified: true },
    };
    expect((await logIn()).status).toBe(302);
    expect((await one()).identity).toMatchObject({ user: 'alice@example.com', groups: ['sre'] });
  });

  it('never replace signed claims', async () => {
    service.provider.lies = {
      claims: { groups: undefined },
      userinfo: { email: 'root@example.com', iss: 'https://evil.example', groups: ['sre'] },
    };
    await logIn();
    expect((await one()).identity).toMatchObject({
      user: 'alice@example.com',
      issuer: 'https://idp.example.com',
      groups: ['sre'],
    });
  });

  it('are not requested if nothing is missing', async () => {
    await logIn();
    expect(service.provider.calls).not.toContain('/userinfo');
  });
});

describe('while the identity provider is down', () => {
  const gone = () => {
    throw new TypeError('fetch failed');
  };

  it('a login reports it, and works again later without a restart', async () => {
    service.provider.lies = { intercept: gone };
    const answer = await service.browser.get('/.sallyport/login', { accept: 'text/html' });
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('The identity provider corp cannot be reached');
    expect(service.browser.jar.size).toBe(0);
    service.provider.lies = {};
    service.clock.now += 1001;
    expect((await logIn()).status).toBe(302);
  });

  it('discovery is requested once for many logins, and at most once a second', async () => {
    service.provider.lies = { intercept: gone };
    const json = { accept: 'application/xhtml+xml' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => service.browser.get('/.sallyport/login', json)));
    for (const answer of answers) expect(answer.body).toMatchObject({ code: 'identity-provider-unavailable' });
    await service.browser.get('/.sallyport/login', json);
    expect(service.provider.calls).toHaveLength(1);
  });

  it('a login that is under way reports it', async () => {
    service.provider.lies = { intercept: (path) => (path === '/token' ? gone() : undefined) };
    await refused(503);
  });

  it.each([
    ['an error', () => new Response('x', { status: 502 })],
    ['no JSON', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://evil.example/' } })],
    ['too much', () => new Response('x'.repeat(2_000_000), { headers: { 'content-type': 'application/json' } })],
  ])('reports at a login that the provider responds with %s', async (_what, answer) => {
    service.provider.lies = { intercept: answer };
    expect((await service.browser.get('/.sallyport/login')).status).toBe(503);
  });

  it('logins use the metadata from before', async () => {
    await logIn();
    service.clock.now += 3_700_000;
    service.provider.lies = { intercept: (path) => (path.startsWith('/.well-known') ? gone() : undefined) };
    expect((await logIn()).status).toBe(302);
  });

  it('another issuer in its metadata is still refused', async () => {
    service.provider.lies = { discovery: { issuer: 'https://evil.example' } };
    expect((await service.browser.get('/.sallyport/login')).status).toBe(403);
    service.clock.now += 2000;
    service.provider.lies = { discovery: { token_endpoint: 'http://idp.example.com/token' } };
    expect((await logIn()).status).toBe(403);
    await expectNoSession();
  });
});

describe('the log line of a failed login', () => {
  it('contains the reason, without codes, tokens and secrets', async () => {
    let token = '';
    service.provider.lies = {
      sign: async (claims, key) =>
        (token = await new SignJWT({ ...claims, nonce: 'other' })
          .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
          .sign(key)),
    };
    await refused();
    const log = service.lines.join('');
    expect(log).toContain('nonce');
    expect(log).not.toContain(token);
    expect(log).not.toMatch(/code-\d|s3cr3t|eyJ/);
  });
});
