import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { hashToken } from '../tokens/hash-token.ts';

// Session tokens in the form that Pomerium's clients need: a JWS (RFC 7515, EdDSA by RFC 8037) with an expiry. Like every
// other token, it is valid only while the session store knows its hash. The signature is checked before that, and shows
// which gateway the token is for.

/** An explicit type (RFC 8725, 3.11), so that a service credential of the same key is not accepted here, or vice versa. */
const tokenType = 'sallyport-session+jwt';
const maxLength = 4096;
const parts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;

/** The content of a token. `expiresAt` is in milliseconds since the epoch. */
type SessionTokenAbout = { sessionId: string; subject: string; expiresAt: number };
export type SessionTokenSigner = { sign(about: SessionTokenAbout): string };

/** A verified token, with its hash for the session store. */
type VerifiedSessionToken = { hash: string; sessionId: string };
type PublicJwk = { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string; alg: 'EdDSA'; use: 'sig' };
export type SessionTokenVerifier = {
  /** Returns undefined unless this gateway's authenticate issued the token for this gateway and it has not expired. */
  verify(token: string): VerifiedSessionToken | undefined;
  /** Returns the public keys (RFC 7517). */
  jwks(): PublicJwk[];
};

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function publicJwk(publicKey: KeyObject): PublicJwk {
  const { x = '' } = publicKey.export({ format: 'jwk' });
  // RFC 7638: the required members of the key, sorted by name.
  const kid = hash('sha256', JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }), 'base64url');
  return { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' };
}

/** Returns the only header that tokens of a key may have: nothing in it is negotiable. */
const headerOf = (kid: string) => encode({ alg: 'EdDSA', kid, typ: tokenType });

/** Returns the issuer, which is also the audience: the origin of the gateway. */
const audienceOf = (gatewayUrl: string) => new URL(gatewayUrl).origin;

/** Creates the signer of tokens, with authenticate's private key. It is read for each token, so it may change. */
export function createSessionTokenSigner(deps: {
  readonly privateKey: KeyObject;
  gatewayUrl: string;
  now: () => number;
}): SessionTokenSigner {
  const { now } = deps;
  const headers = new WeakMap<KeyObject, string>();
  const headerFor = (privateKey: KeyObject) => {
    const header = headers.get(privateKey) ?? headerOf(publicJwk(createPublicKey(privateKey)).kid);
    headers.set(privateKey, header);
    return header;
  };
  const gateway = audienceOf(deps.gatewayUrl);
  return {
    sign({ sessionId, subject, expiresAt }) {
      const payload = encode({
        iss: gateway,
        aud: gateway,
        sub: subject,
        jti: sessionId,
        iat: Math.floor(now() / 1000),
        exp: Math.floor(expiresAt / 1000),
      });
      const { privateKey } = deps;
      const signed = `${headerFor(privateKey)}.${payload}`;
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
    },
  };
}

type Checked = { sessionId: string; expiresAt: number; key: KeyObject };
type Claims = { iss?: unknown; aud?: unknown; jti?: unknown; exp?: unknown };

function readClaims(text: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Creates the verifier of tokens, with authenticate's public keys, which may change. Verified tokens are cached by
 * hash, because a verification costs more than everything else that is done with a token.
 */
export function createSessionTokenVerifier(deps: {
  publicKeys(): readonly KeyObject[];
  gatewayUrl: string;
  now: () => number;
}): SessionTokenVerifier {
  const { now, publicKeys } = deps;
  const known = new WeakMap<KeyObject, { jwk: PublicJwk; header: string }>();
  const describe = (key: KeyObject) => {
    const jwk = known.get(key)?.jwk ?? publicJwk(key);
    const described = known.get(key) ?? { jwk, header: headerOf(jwk.kid) };
    known.set(key, described);
    return described;
  };
  const gateway = audienceOf(deps.gatewayUrl);
  const seen = new LRUCache<string, Checked>({ max: 10_000 });

  const check = (token: string): Checked | undefined => {
    const [, head = '', payload = '', signature = ''] = parts.exec(token) ?? [];
    const signed = Buffer.from(signature, 'base64url');
    // The whole header is compared, so that no other algorithm, key, type or extension is accepted. Of the encodings of
    // a signature only the canonical one is accepted.
    const key = publicKeys().find((one) => describe(one).header === head);
    if (
      !key ||
      signed.toString('base64url') !== signature ||
      !verify(null, Buffer.from(`${head}.${payload}`), key, signed)
    )
      return undefined;
    const claims = readClaims(payload);
    if (
      !claims ||
      claims.iss !== gateway ||
      claims.aud !== gateway ||
      typeof claims.jti !== 'string' ||
      !Number.isSafeInteger(claims.exp)
    )
      return undefined;
    return { sessionId: claims.jti, expiresAt: (claims.exp as number) * 1000, key };
  };

  return {
    jwks: () => publicKeys().map((key) => describe(key).jwk),
    verify(token) {
      if (token.length > maxLength) return undefined;
      const tokenHash = hashToken(token);
      const remembered = seen.get(tokenHash);
      const found = remembered && publicKeys().includes(remembered.key) ? remembered : check(token);
      if (!found || found.expiresAt <= now()) return undefined;
      if (found !== remembered) seen.set(tokenHash, found);
      return { hash: tokenHash, sessionId: found.sessionId };
    },
  };
}
