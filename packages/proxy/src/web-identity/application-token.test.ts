import { sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { identityKeyPem } from '../testing/identity-keys.ts';
import { applicationTokenMs, createApplicationTokens } from './application-token.ts';
import { createIdentityKeyRing, publishedFirstMs } from './identity-key-ring.ts';
import { readIdentityKeys, signJws } from './identity-keys.ts';

const gatewayOrigin = 'https://gate.example.com:8443';
const grant = { tokenHash: 'A'.repeat(43), route: 'https://headlamp.example.com:8443' };
const start = 1_750_000_000_000;
const signedForMs = 660_000;

function setUp(pem = identityKeyPem(), clock = { now: start }) {
  const now = () => clock.now;
  const keys = createIdentityKeyRing(readIdentityKeys(pem), { now, signedForMs });
  const tokens = createApplicationTokens({ keys, gatewayOrigin, now });
  return { clock, keys, tokens, issue: () => tokens.issue(grant, clock.now + applicationTokenMs) };
}
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('an application token', () => {
  it('is accepted by every proxy with the same keys, until it expires', () => {
    const pem = identityKeyPem();
    const [one, two] = [setUp(pem), setUp(pem)];
    const token = one.issue();
    for (const { tokens } of [one, two, two]) expect(tokens.verify(token)).toEqual(grant);
    two.clock.now += applicationTokenMs - 1;
    expect(two.tokens.verify(token)).toEqual(grant);
    two.clock.now += 1;
    expect(two.tokens.verify(token)).toBeUndefined();
  });

  it('is accepted while its key is replaced, and not after that', () => {
    const { tokens, keys, issue, clock } = setUp();
    keys.take(readIdentityKeys(identityKeyPem()));
    const old = issue();
    clock.now += publishedFirstMs - 1;
    expect(tokens.verify(old)).toEqual(grant);
    const last = issue();
    clock.now += 1;
    const fresh = issue();
    expect(fresh.split('.')[0]).not.toBe(last.split('.')[0]);
    expect([tokens.verify(last), tokens.verify(fresh)]).toEqual([grant, grant]);
    const endless = tokens.issue(grant, clock.now + 10 * signedForMs);
    keys.take(readIdentityKeys(identityKeyPem()));
    clock.now += publishedFirstMs;
    keys.signing();
    clock.now += signedForMs;
    expect(tokens.verify(endless)).toBeUndefined();
  });

  it('is refused if anything about it was made by another', () => {
    const { tokens, keys, issue } = setUp();
    const token = issue();
    const [head, payload, signature] = token.slice(4).split('.') as [string, string, string];
    const key = keys.signing();
    const own = { iss: gatewayOrigin, aud: gatewayOrigin, route: grant.route, session: grant.tokenHash };
    const claims = { ...own, exp: start / 1000 + 600 };
    const signed = (made: object, typ = 'sallyport-application+jwt') => `spa_${signJws(key, typ, made)}`;
    const withHead = (header: object) => {
      const text = `${encode(header)}.${payload}`;
      const by = sign('sha256', Buffer.from(text), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
      return `spa_${text}.${by.toString('base64url')}`;
    };
    expect(tokens.verify(signed(claims))).toEqual(grant);
    const refused = {
      'a token of another gateway': setUp().issue(),
      'an assertion': signed(claims, 'JWT'),
      'a token without its prefix': token.slice(4),
      'a signature of none': `spa_${encode({ alg: 'none', kid: key.kid, typ: 'sallyport-application+jwt' })}.${payload}.`,
      'another algorithm': withHead({ alg: 'HS256', kid: key.kid, typ: 'sallyport-application+jwt' }),
      'another key name': withHead({ alg: 'ES256', kid: 'x', typ: 'sallyport-application+jwt' }),
      'an embedded key': withHead({ alg: 'ES256', kid: key.kid, typ: 'sallyport-application+jwt', jwk: key.jwk }),
      'other claims': `spa_${head}.${encode({ ...claims, session: 'B'.repeat(43) })}.${signature}`,
      'another spelling of the signature': `spa_${head}.${payload}.${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : 'A'}`,
      'another issuer': signed({ ...claims, iss: 'https://other.example.com' }),
      'another audience': signed({ ...claims, aud: grant.route }),
      'no audience': signed({ ...claims, aud: undefined }),
      'no end': signed(own),
      'an end that is text': signed({ ...claims, exp: '9999999999' }),
      'no session': signed({ ...claims, session: undefined }),
      'no route': signed({ ...claims, route: 7 }),
      'claims that are a list': signed([claims]),
      'a long token': signed({ ...claims, more: 'x'.repeat(5000) }),
    };
    for (const [what, made] of Object.entries(refused)) expect([what, tokens.verify(made)]).toEqual([what, undefined]);
  });

  it('is refused without an error, whatever it is', () => {
    const { tokens, issue } = setUp();
    const token = issue();
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, char) => {
        fc.pre(token[at] !== char);
        return tokens.verify(token.slice(0, at) + char + token.slice(at + 1)) === undefined;
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => tokens.verify(`spa_${text}`) === undefined));
  });
});
