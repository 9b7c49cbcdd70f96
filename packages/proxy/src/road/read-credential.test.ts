import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { createSessionTokenSigner, createSessionTokenVerifier, hashToken } from '@sallyport/kit';
import type { ClusterExchange, Read } from '../exchange/exchange.ts';
import { readHeaders } from '../headers/read-headers.ts';
import { readCallerCredential } from '../portal/calls/caller-credential.ts';
import { identityKeyPem } from '../testing/identity-keys.ts';
import { createApplicationTokens } from '../web-identity/application-token.ts';
import { createIdentityKeyRing } from '../web-identity/identity-key-ring.ts';
import { readIdentityKeys } from '../web-identity/identity-keys.ts';
import { createReadCredential } from './read-credential.ts';
import { carriesPomerium } from '../credential/read-carriers.ts';

const gatewayUrl = 'https://gate.example.com:8443';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const now = () => 1_750_000_000_000;
const jwt = createSessionTokenSigner({ privateKey, gatewayUrl, now }).sign({
  sessionId: 's',
  subject: 'p',
  expiresAt: now() + 60_000,
});
const other = createSessionTokenSigner({ privateKey, gatewayUrl, now }).sign({
  sessionId: 't',
  subject: 'p',
  expiresAt: now() + 60_000,
});
const foreign = createSessionTokenSigner({ privateKey, gatewayUrl: 'https://other.example.com', now }).sign({
  sessionId: 's',
  subject: 'p',
  expiresAt: now() + 60_000,
});
const own = `spt_${'a'.repeat(43)}`;
const step = createReadCredential({
  tokens: createSessionTokenVerifier({ publicKeys: () => [publicKey], gatewayUrl, now }),
});

function read(...lines: string[]): string {
  const exchange = { headers: readHeaders(['Host', 'gate', ...lines]), asked: {} } as Read<ClusterExchange>;
  try {
    void step(exchange);
  } catch (error) {
    return (error as { code: string }).code;
  }
  expect(JSON.stringify(exchange.headers)).not.toContain(jwt);
  return exchange.tokenHash === hashToken(jwt) ? 'jwt' : exchange.tokenHash === hashToken(own) ? 'own' : 'other';
}
const protocol = (token: string) => [
  'Connection',
  'Upgrade',
  'Upgrade',
  'websocket',
  'Sec-WebSocket-Protocol',
  `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}, v5.channel.k8s.io`,
];

describe('the carriers of a credential', () => {
  it.each<[string, string[], string]>([
    ['ours', ['Authorization', `Bearer ${own}`], 'own'],
    ["the gateway's own in a WebSocket handshake", protocol(own), 'own'],
    ["Pomerium's bearer", ['Authorization', `Bearer Pomerium-${jwt}`], 'jwt'],
    ["Pomerium's scheme", ['Authorization', `Pomerium ${jwt}`], 'jwt'],
    ['the scheme in lower case', ['authorization', `pomerium ${jwt}`], 'jwt'],
    ["Pomerium's own header", ['X-Pomerium-Authorization', jwt], 'jwt'],
    ["Pomerium's bearer in a WebSocket handshake", protocol(`Pomerium-${jwt}`), 'jwt'],
    [
      'the same token in several',
      ['Authorization', `Bearer Pomerium-${jwt}`, 'X-Pomerium-Authorization', jwt, ...protocol(`Pomerium-${jwt}`)],
      'jwt',
    ],
  ])('may be %s', (_what, lines, expected) => {
    expect(read(...lines)).toBe(expected);
  });

  it.each<[string, string[]]>([
    ["two tokens of Pomerium's", ['Authorization', `Bearer Pomerium-${jwt}`, 'X-Pomerium-Authorization', other]],
    ["ours and Pomerium's", ['Authorization', `Bearer ${own}`, 'X-Pomerium-Authorization', jwt]],
    ['a header twice', ['X-Pomerium-Authorization', jwt, 'X-Pomerium-Authorization', jwt]],
    ['Authorization twice', ['Authorization', `Bearer ${own}`, 'Authorization', `Pomerium ${jwt}`]],
    ['two in a handshake and a header', ['X-Pomerium-Authorization', jwt, ...protocol(own)]],
    ['one token in the form of another carrier', ['Authorization', `Bearer ${jwt}`, 'X-Pomerium-Authorization', jwt]],
  ])('are refused with %s', (_what, lines) => {
    expect(read(...lines)).toBe('ambiguous-credential');
  });

  it.each<[string, string[]]>([
    ['nothing', []],
    ["a signed token in the gateway's own carrier (A27)", ['Authorization', `Bearer ${jwt}`]],
    ["one of ours as Pomerium's", ['Authorization', `Bearer Pomerium-${own}`]],
    ["one of ours in Pomerium's header", ['X-Pomerium-Authorization', own]],
    ['a token for another gateway', ['Authorization', `Bearer Pomerium-${foreign}`]],
    ['no token after the prefix', ['Authorization', 'Bearer Pomerium-']],
    ['the prefix in another case', ['Authorization', `Bearer pomerium-${jwt}`]],
    ['two blanks', ['Authorization', `Bearer  Pomerium-${jwt}`]],
    ['an empty header', ['X-Pomerium-Authorization', '']],
    ['a blank in it', ['X-Pomerium-Authorization', `${jwt} x`]],
    ['a bearer in it', ['X-Pomerium-Authorization', `Bearer ${jwt}`]],
    ['another scheme', ['Authorization', 'Basic Zm9vOmJhcg==']],
    ['one for the connection next to ours', ['Authorization', 'Negotiate YAAA', ...protocol(own)]],
    ['a token that is too long', ['Authorization', `Bearer ${'a'.repeat(5000)}`]],
    ['a signed one that is too long', ['Authorization', `Pomerium ${jwt}${'a'.repeat(5000)}`]],
  ])('are refused with %s', (_what, lines) => {
    expect(read(...lines)).toBe('unauthenticated');
  });

  it('are refused if nothing verifies signed tokens', () => {
    const exchange = {
      headers: readHeaders(['Host', 'gate', 'Authorization', `Pomerium ${jwt}`]),
      asked: {},
    } as Read<ClusterExchange>;
    expect(() => void createReadCredential()(exchange)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
  });

  it('lead to a token or a refusal, whatever they contain', () => {
    const piece = fc.constantFrom(
      'Bearer ',
      'Pomerium ',
      'Pomerium-',
      'bearer pomerium-',
      jwt,
      own,
      '.',
      ' ',
      ',',
      '"',
      '\t',
    );
    const value = fc.array(piece, { maxLength: 5 }).map((all) => all.join(''));
    fc.assert(
      fc.property(value, value, (authorization, pomerium) => {
        const known = ['jwt', 'own', 'other', 'unauthenticated', 'ambiguous-credential', 'bad-request'];
        expect(known).toContain(read('Authorization', authorization, 'X-Pomerium-Authorization', pomerium));
      }),
      { numRuns: 500 },
    );
  });

  it("are recognized as Pomerium's before they are verified", () => {
    for (const lines of [
      ['AUTHORIZATION', 'bearer Pomerium-x'],
      ['authorization', 'Pomerium x'],
      ['x-pomerium-authorization', ''],
    ])
      expect(carriesPomerium(['Host', 'x', ...lines])).toBe(true);
    for (const lines of [
      ['Authorization', `Bearer ${own}`],
      ['Authorization', 'Bearer xPomerium-y'],
      ['X-Pomerium', 'x'],
      [],
    ])
      expect(carriesPomerium(['Host', 'x', ...lines])).toBe(false);
  });
});

describe('the credential with which an application acts for its user', () => {
  const route = 'https://headlamp.example.com';
  const hash = hashToken('the session');
  const keys = createIdentityKeyRing(readIdentityKeys(identityKeyPem()), { now, signedForMs: 60_000 });
  const tokens = createApplicationTokens({ keys, gatewayOrigin: 'https://gate.example.com', now });
  const issue = (until = now() + 60_000) => tokens.issue({ tokenHash: hash, route }, until);
  const clusters = new Map([[route, ['dev']]]);
  const reads = createReadCredential({
    applications: { tokens, clustersOf: (of) => clusters.get(of) ?? [] },
  });
  const use = (clusterName: string, lines: string[], by = reads) => {
    const exchange = {
      headers: readHeaders(['Host', 'gate', ...lines]),
      asked: {},
      clusterName,
    } as Read<ClusterExchange>;
    try {
      void by(exchange);
    } catch (error) {
      return (error as { code: string }).code;
    }
    expect(exchange.headers!.authorization).toEqual([]);
    return { hash: exchange.tokenHash, application: exchange.application };
  };

  it('stands for the session on the clusters of its route, over HTTP and WebSocket', () => {
    const session = { hash, application: route };
    expect(use('dev', ['Authorization', `Bearer ${issue()}`])).toEqual(session);
    expect(use('dev', protocol(issue()))).toEqual(session);
  });

  it('is refused on every other cluster, and everywhere once the route no longer names it', () => {
    const lines = ['Authorization', `Bearer ${issue()}`];
    expect(use('prod', lines)).toBe('forbidden');
    clusters.set(route, []);
    expect(use('dev', lines)).toBe('forbidden');
    clusters.delete(route);
    expect(use('dev', lines)).toBe('forbidden');
    clusters.set(route, ['dev']);
  });

  it('is refused if it has expired, is not one, or comes in another carrier', () => {
    expect(use('dev', ['Authorization', `Bearer ${issue(now() - 1)}`])).toBe('unauthenticated');
    expect(use('dev', ['Authorization', 'Bearer spa_x.y.z'])).toBe('unauthenticated');
    expect(use('dev', ['Authorization', `Bearer ${issue()}`], createReadCredential())).toBe('unauthenticated');
    for (const lines of [
      ['Authorization', `Bearer Pomerium-${issue()}`],
      ['Authorization', `Pomerium ${issue()}`],
      ['X-Pomerium-Authorization', issue()],
    ])
      expect(use('dev', lines)).toBe('unauthenticated');
    expect(use('dev', ['Authorization', `Bearer ${issue()}`, 'X-Pomerium-Authorization', issue()])).toBe(
      'ambiguous-credential',
    );
  });

  it("does not open the gateway's own pages and API", () => {
    const asBearer = { headers: { authorization: `Bearer ${issue()}` } } as never;
    expect(() => readCallerCredential(asBearer, true)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
    const asCookie = { headers: { cookie: `__Host-sallyport=${issue()}` } } as never;
    expect(readCallerCredential(asCookie, true)).toBeUndefined();
  });
});
