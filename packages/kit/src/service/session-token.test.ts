import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint, importJWK, jwtVerify } from 'jose';
import { hashToken } from '../tokens/hash-token.ts';
import { createServiceIdentity, createServiceVerifier } from './service-credential.ts';
import { createSessionTokenSigner, createSessionTokenVerifier } from './session-token.ts';

const keys = generateKeyPairSync('ed25519');
const strangers = generateKeyPairSync('ed25519');
const gatewayUrl = 'https://gate.example.com:8443';
const start = 1_750_000_000_000;

function setUp(changes: { privateKey?: KeyObject; signFor?: string } = {}) {
  const clock = { now: start };
  const now = () => clock.now;
  const signer = createSessionTokenSigner({
    privateKey: changes.privateKey ?? keys.privateKey,
    gatewayUrl: changes.signFor ?? gatewayUrl,
    now,
  });
  const verifier = createSessionTokenVerifier({ publicKeys: () => [keys.publicKey], gatewayUrl, now });
  return {
    clock,
    verifier,
    make: (more = {}) =>
      signer.sign({ sessionId: 'session-1', subject: 'person', expiresAt: start + 3_600_500, ...more }),
  };
}
const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
/** Returns a token with another header or other claims, signed with the right key by default. */
function forge(token: string, changes: { header?: object; claims?: object; by?: (signed: string) => string }): string {
  const [header, payload] = token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object);
  const signed = `${encode({ ...header, ...changes.header })}.${encode({ ...payload, ...changes.claims })}`;
  return `${signed}.${changes.by ? changes.by(signed) : sign(null, Buffer.from(signed), keys.privateKey).toString('base64url')}`;
}

describe('a session token', () => {
  it('is verified by its gateway, which learns its hash and its session', () => {
    const { make, verifier } = setUp();
    const token = make();
    for (let n = 0; n < 2; n += 1)
      expect(verifier.verify(token)).toEqual({ hash: hashToken(token), sessionId: 'session-1' });
  });

  it('is a JWS that any library can verify with the published key, with an expiry in whole seconds', async () => {
    const { make, verifier } = setUp();
    const { payload, protectedHeader } = await jwtVerify(make(), await importJWK(verifier.jwks()[0]!), {
      currentDate: new Date(start),
      issuer: gatewayUrl,
      audience: gatewayUrl,
      algorithms: ['EdDSA'],
    });
    expect(payload).toEqual({
      iss: gatewayUrl,
      aud: gatewayUrl,
      sub: 'person',
      jti: 'session-1',
      iat: start / 1000,
      exp: start / 1000 + 3600,
    });
    expect(protectedHeader).toEqual({
      alg: 'EdDSA',
      kid: await calculateJwkThumbprint(verifier.jwks()[0]!),
      typ: 'sallyport-session+jwt',
    });
  });

  it('expires, even for a verifier that has seen it', () => {
    const { make, verifier, clock } = setUp();
    const token = make();
    verifier.verify(token);
    clock.now += 3_600_000;
    expect(verifier.verify(token)).toBeUndefined();
  });

  it('is not valid under another key, for another gateway, or with a changed claim', () => {
    const { verifier, make } = setUp();
    expect(verifier.verify(setUp({ privateKey: strangers.privateKey }).make())).toBeUndefined();
    for (const signFor of [
      'https://other.example.com:8443',
      'https://gate.example.com',
      'http://gate.example.com:8443',
    ])
      expect(verifier.verify(setUp({ signFor }).make())).toBeUndefined();
    const token = make();
    const [header, , signature] = token.split('.');
    expect(
      verifier.verify(`${header}.${encode({ iss: gatewayUrl, aud: gatewayUrl, jti: 'other', exp: 9e9 })}.${signature}`),
    ).toBeUndefined();
  });

  it.each([
    ['no algorithm', { header: { alg: 'none' } }],
    ['no algorithm and no signature', { header: { alg: 'none' }, by: () => '' }],
    [
      'the public key as a secret',
      {
        header: { alg: 'HS256' },
        by: (signed: string) =>
          createHmac('sha256', keys.publicKey.export({ type: 'spki', format: 'pem' }))
            .update(signed)
            .digest('base64url'),
      },
    ],
    ['another name of the algorithm', { header: { alg: 'Ed25519' } }],
    ['another key', { header: { kid: 'other' } }],
    ['a key that is a path', { header: { kid: '../../../dev/null' } }],
    ['its own key', { header: { jwk: strangers.publicKey.export({ format: 'jwk' }) } }],
    ['a key at an address', { header: { jku: 'https://evil.example/jwks.json' } }],
    ['an extension', { header: { crit: ['exp'] } }],
    ['another type', { header: { typ: 'JWT' } }],
    ['another issuer', { claims: { iss: `${gatewayUrl}/` } }],
    ['a list of audiences', { claims: { aud: [gatewayUrl, 'https://other'] } }],
    ['another audience', { claims: { aud: 'https://other' } }],
    ['no end', { claims: { exp: undefined } }],
    ['an end that is text', { claims: { exp: '9999999999' } }],
    ['an expiry that is not a number of seconds', { claims: { exp: 1e300 } }],
    ['no session', { claims: { jti: undefined } }],
  ])('is refused with %s, even if signed with the right key', (_what, changes) => {
    const { verifier, make } = setUp();
    expect(verifier.verify(forge(make(), {}))).toBeDefined();
    expect(verifier.verify(forge(make(), changes))).toBeUndefined();
  });

  it('is not a service credential, and a service credential is not a session token', async () => {
    const { make, verifier } = setUp();
    const credential = await createServiceIdentity({
      name: 'authenticate',
      privateKey: keys.privateKey,
      now: () => start,
    }).credentialFor('authorize');
    expect(verifier.verify(credential.split(' ')[1]!)).toBeUndefined();
    const services = createServiceVerifier({
      name: 'authorize',
      publicKeys: { authenticate: keys.publicKey },
      now: () => start,
    });
    await expect(services.verify(`Sallyport-Service ${make()}`)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(
      services.verify(`Sallyport-Service ${forge(make(), { claims: { iss: 'authenticate', aud: 'authorize' } })}`),
    ).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('is refused with any byte changed, or with anything around it', () => {
    const { make, verifier } = setUp();
    const token = make();
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...Array.from('AZaz09-_.=+/ \n')), (place, character) => {
        const changed = `${token.slice(0, place)}${character}${token.slice(place + 1)}`;
        if (changed !== token) expect(verifier.verify(changed)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
    for (const odd of [
      '',
      '.',
      '..',
      `${token}.`,
      ` ${token}`,
      `${token}\n`,
      `${token}=`,
      `${token}.${token}`,
      'x'.repeat(10_000),
    ])
      expect(verifier.verify(odd)).toBeUndefined();
  });
});
