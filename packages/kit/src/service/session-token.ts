import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { hashToken } from '../tokens/hash-token.ts';

// A session's token in the form that Pomerium's clients need: a JWS (RFC 7515, EdDSA by RFC 8037) that says when it
// ends. It is worth something only while the session store knows its hash, as every other token is; the signature is
// looked at before that, and says which gateway it is for.

/**
 * RFC 8725, 3.11: an explicit type, so that a service credential of the same key is not taken for one of these, or the
 * other way round.
 */
const tokenType = 'sallyport-session+jwt';
const maxLength = 4096;
const parts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;

/** What a token says: whose session, and when it ends, in milliseconds since the epoch. */
export type SessionTokenAbout = { sessionId: string; subject: string; expiresAt: number };
export type SessionTokenSigner = { sign(about: SessionTokenAbout): string };

/** A token that was verified, with the hash under which the session store knows it. */
export type VerifiedSessionToken = { hash: string; sessionId: string };
export type SessionTokenVerifier = {
  /** Undefined unless this gateway's authenticate made the token, for this gateway, and it has not expired. */
  verify(token: string): VerifiedSessionToken | undefined;
  /** The public key (RFC 7517). */
  jwk: { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string; alg: 'EdDSA'; use: 'sig' };
};

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function publicJwk(publicKey: KeyObject): SessionTokenVerifier['jwk'] {
  const { x = '' } = publicKey.export({ format: 'jwk' });
  // RFC 7638: the members that make the key, in the order of their names.
  const kid = hash('sha256', JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }), 'base64url');
  return { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' };
}

/** The one header that tokens of a key have: nothing in a header is ever a choice. */
const headerOf = (kid: string) => encode({ alg: 'EdDSA', kid, typ: tokenType });

/** Who makes such tokens and whom they are for is the same: the gateway, by its origin. */
const audienceOf = (gatewayUrl: string) => new URL(gatewayUrl).origin;

/** Creates what makes tokens, of authenticate's own key. */
export function createSessionTokenSigner(deps: {
  privateKey: KeyObject;
  gatewayUrl: string;
  now: () => number;
}): SessionTokenSigner {
  const { privateKey, now } = deps;
  const header = headerOf(publicJwk(createPublicKey(privateKey)).kid);
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
      const signed = `${header}.${payload}`;
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
    },
  };
}

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
 * Creates what judges tokens, by authenticate's public key. Those that were verified are remembered by hash, as a
 * verification costs more than everything else that is done with them.
 */
export function createSessionTokenVerifier(deps: {
  publicKey: KeyObject;
  gatewayUrl: string;
  now: () => number;
}): SessionTokenVerifier {
  const { publicKey, now } = deps;
  const jwk = publicJwk(publicKey);
  const header = headerOf(jwk.kid);
  const gateway = audienceOf(deps.gatewayUrl);
  const seen = new LRUCache<string, { sessionId: string; expiresAt: number }>({ max: 10_000 });

  const judge = (token: string): { sessionId: string; expiresAt: number } | undefined => {
    const [, head = '', payload = '', signature = ''] = parts.exec(token) ?? [];
    const signed = Buffer.from(signature, 'base64url');
    // The whole header is compared: another algorithm, key, type or extension is another header. Of the spellings of a
    // signature one is taken.
    if (
      head !== header ||
      signed.toString('base64url') !== signature ||
      !verify(null, Buffer.from(`${head}.${payload}`), publicKey, signed)
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
    return { sessionId: claims.jti, expiresAt: (claims.exp as number) * 1000 };
  };

  return {
    jwk,
    verify(token) {
      if (token.length > maxLength) return undefined;
      const tokenHash = hashToken(token);
      const known = seen.get(tokenHash);
      const found = known ?? judge(token);
      if (!found || found.expiresAt <= now()) return undefined;
      if (!known) seen.set(tokenHash, found);
      return { hash: tokenHash, sessionId: found.sessionId };
    },
  };
}
