import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { unsigned, type HostileProvider } from '../fixtures/hostile-provider.ts';
import { expectNoLogin, loginFixture, statusAt, tokenAt } from '../fixtures/login-fixture.ts';

type Claims = Record<string, unknown>;
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const hmac = (header: Claims, claims: Claims, secret: string | Buffer) =>
  `${unsigned(header, claims)}.${createHmac('sha256', secret).update(unsigned(header, claims)).digest('base64url')}`;
const pem = ({ publicKey }: HostileProvider) => publicKey.export({ type: 'spki', format: 'pem' }).toString();
const now = () => Math.floor(Date.now() / 1000);

const forged: [string, (provider: HostileProvider, claims: Claims) => string][] = [
  ['alg none', (_provider, claims) => `${unsigned({ alg: 'none' }, claims)}.`],
  ['alg None', (_provider, claims) => `${unsigned({ alg: 'None' }, claims)}.`],
  ['no signature', (provider, claims) => `${unsigned({ alg: 'RS256', kid: provider.kid }, claims)}.`],
  ['HS256 with the public key', (provider, claims) => hmac({ alg: 'HS256', kid: provider.kid }, claims, pem(provider))],
  ['HS256 with the client secret', (_provider, claims) => hmac({ alg: 'HS256' }, claims, 'secret-of-the-tests')],
  [
    'another key under its name',
    (provider, claims) => provider.sign({ alg: 'RS256', kid: provider.kid }, claims, stranger),
  ],
  [
    'a key that is a path',
    (provider, claims) => provider.sign({ alg: 'RS256', kid: '../../../../dev/null' }, claims, stranger),
  ],
  [
    'a key of its own in the header',
    (provider, claims) =>
      provider.sign(
        { alg: 'RS256', kid: 'x', jwk: { kty: 'RSA' }, jku: 'http://evil.example/jwks', x5u: 'http://evil.example/' },
        claims,
        stranger,
      ),
  ],
  [
    'an unknown critical header',
    (provider, claims) => provider.sign({ alg: 'RS256', kid: provider.kid, crit: ['x'], x: 1 }, claims),
  ],
  ['four parts', (provider, claims) => `${provider.sign({ alg: 'RS256', kid: provider.kid }, claims)}.x`],
  ['no token', () => ''],
  ['no JSON', () => 'a.b.c'],
  ['an encrypted token', () => 'a.b.c.d.e'],
  [
    'claims that were changed after signing',
    (provider, claims) => {
      const [head, , signature] = provider.sign({ alg: 'RS256', kid: provider.kid }, claims).split('.');
      return `${head}.${unsigned({}, { ...claims, email: 'bob@example.com' }).split('.')[1]}.${signature}`;
    },
  ],
];
const lying: [string, () => Claims][] = [
  ['another audience', () => ({ aud: 'other' })],
  ['no audience', () => ({ aud: undefined })],
  ['more audiences and another party', () => ({ aud: ['sallyport', 'other'], azp: 'other' })],
  ['another issuer', () => ({ iss: 'https://evil.example' })],
  ['its issuer with a slash', () => ({ iss: `${loginFixture().one.issuer}/` })],
  ['its issuer in another case', () => ({ iss: loginFixture().one.issuer.toUpperCase() })],
  ["the other provider's issuer", () => ({ iss: loginFixture().two.issuer })],
  ['no issuer', () => ({ iss: undefined })],
  ['no end', () => ({ exp: undefined })],
  ['an end an hour ago', () => ({ exp: now() - 3600 })],
  ['a beginning in an hour', () => ({ nbf: now() + 3600 })],
  ['no subject', () => ({ sub: undefined })],
  ['an empty subject', () => ({ sub: '' })],
  ['a subject that is a number', () => ({ sub: 7 })],
];

export function attackTokens(): void {
  describe('A27: a token of the identity provider with', () => {
    it.each(forged)('%s is refused', async (_what, token) => {
      const { one } = loginFixture();
      one.lies = {
        token: (claims) => token(one, claims),
        discovery: { id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'] },
      };
      await expectNoLogin(/failed verification|cannot be reached/);
      expect(new Set(one.calls)).toEqual(
        new Set(['/.well-known/openid-configuration', '/authorize', '/token', '/jwks']),
      );
    });

    it.each(lying)('%s is refused', async (_what, claims) => {
      loginFixture().one.lies = { claims: claims() };
      await expectNoLogin(/failed verification|did not send your identity|subject/);
    });

    it('honest claims, used as a bearer token at a cluster, is not a credential, because only sessions are', async () => {
      const { one } = loginFixture();
      const claims = {
        iss: one.issuer,
        aud: 'sallyport',
        sub: 'sub-alice',
        iat: now(),
        exp: now() + 300,
        email: 'alice@example.com',
        email_verified: true,
        groups: ['developers'],
      };
      for (const token of [
        one.sign({ alg: 'RS256', kid: one.kid }, claims),
        one.sign({ alg: 'RS256', kid: one.kid, typ: 'at+jwt' }, { ...claims, aud: 'dev' }),
        'at',
      ])
        expect(await statusAt(token)).toBe(401);
    });
  });

  describe('A27: a token of the gateway', () => {
    it('in another case, truncated, extended or without its prefix is invalid', async () => {
      const { token } = await tokenAt();
      for (const other of [
        token.toUpperCase(),
        token.slice(0, -1),
        `${token}A`,
        token.slice(4),
        `${token}=`,
        `SPT_${token.slice(4)}`,
        `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
      ])
        expect([other === token, await statusAt(other)]).toEqual([false, 401]);
      expect(await statusAt(token)).toBe(200);
    });
  });
}
