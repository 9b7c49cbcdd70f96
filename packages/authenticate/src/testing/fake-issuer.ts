import { generateKeyPairSync, hash, sign, type KeyObject } from 'node:crypto';
import type { OutboundFetch } from '@sallyport/kit';

type Key = { kid: string; alg: string; privateKey: KeyObject; publicKey: KeyObject };
type Shape = { header?: object; claims?: object; key?: Key };

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** RSA keys take long to make, so an issuer has the same ones in every test of a file. */
const made = new Map<string, Key>();

function makePair(alg: string) {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519');
  if (alg.startsWith('ES')) return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function createKey(issuer: string, kid: string, alg: string): Key {
  const name = JSON.stringify([issuer, kid, alg]);
  const key = made.get(name) ?? { kid, alg, ...makePair(alg) };
  made.set(name, key);
  return key;
}

function signatureOf({ alg, privateKey }: Key, signed: string): Buffer {
  const data = Buffer.from(signed);
  if (alg === 'EdDSA') return sign(null, data, privateKey);
  if (alg.startsWith('ES')) return sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return sign('sha256', data, { key: privateKey, ...(alg.startsWith('PS') ? { padding: 6, saltLength: 32 } : {}) });
}

/** An issuer of workload tokens, shaped like that of GitHub Actions: discovery, keys, and tokens of jobs. */
export type FakeIssuer = ReturnType<typeof createFakeIssuer>;

/** Creates the issuer. `fetch` reaches it as authenticate would. */
export function createFakeIssuer(issuer: string, clock: { now: number }) {
  const keys = [createKey(issuer, 'key-1', 'RS256')];
  const seen: string[] = [];
  const state = { down: false, metadata: { issuer, jwks_uri: `${issuer}/.well-known/jwks` } as object };
  const jwkOf = ({ kid, alg, publicKey }: Key) => ({ ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' });
  const claimsOf = () => ({
    jti: hash('sha256', `${seen.length}-${Math.random()}`, 'hex').slice(0, 32),
    sub: 'repo:example/shop:ref:refs/heads/main',
    aud: 'sallyport',
    ref: 'refs/heads/main',
    repository: 'example/shop',
    repository_owner: 'example',
    iss: issuer,
    nbf: Math.floor(clock.now / 1000) - 5,
    exp: Math.floor(clock.now / 1000) + 600,
    iat: Math.floor(clock.now / 1000),
  });
  const fetch: OutboundFetch = async (url) => {
    seen.push(url);
    if (state.down) throw new TypeError('fetch failed');
    if (url === `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`) return Response.json(state.metadata);
    if (url === `${issuer}/.well-known/jwks`) return Response.json({ keys: keys.map(jwkOf) });
    return new Response('not found', { status: 404 });
  };
  return {
    issuer,
    keys,
    seen,
    state,
    fetch,
    jwkOf,
    addKey(kid: string, alg = 'RS256') {
      const key = createKey(issuer, kid, alg);
      keys.push(key);
      return key;
    },
    /** Returns a token of a job, with changed claims or another header. */
    token({ header, claims, key = keys[0]! }: Shape = {}): string {
      const signed = `${encode({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header })}.${encode({ ...claimsOf(), ...claims })}`;
      return `${signed}.${signatureOf(key, signed).toString('base64url')}`;
    },
    /** Returns a token whose signature `by` makes. */
    forged(header: object, by: (signed: string) => string, claims: object = {}): string {
      const signed = `${encode({ typ: 'JWT', ...header })}.${encode({ ...claimsOf(), ...claims })}`;
      return `${signed}.${by(signed)}`;
    },
  };
}
