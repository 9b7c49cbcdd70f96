import { hash, verify } from 'node:crypto';
import { createExpiringCache } from '@sallyport/kit';
import type { IdentityKeyRing } from './identity-key-ring.ts';
import { type IdentityKey, jwsHeader, signJws } from './identity-keys.ts';

/** The beginning of every application token, by which secret scanners and our own logs know one. */
export const applicationTokenPrefix = 'spa_';
/** How long a token is valid, in milliseconds. A request that passes the route renews it. */
export const applicationTokenMs = 600_000;
/** An explicit type (RFC 8725, 3.11), so that an identity assertion by the same key is not accepted here. */
const tokenType = 'sallyport-application+jwt';
const maxLength = 4096;
const form = /^spa_([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;

/** The session that a token stands for, by the hash of its own token, and the route whose application has it. */
export type ApplicationGrant = { tokenHash: string; route: string };
type Claims = { iss?: unknown; aud?: unknown; route?: unknown; session?: unknown; exp?: unknown };
type Verified = ApplicationGrant & { expiresAt: number; key: IdentityKey };

export type ApplicationTokens = {
  issue(grant: ApplicationGrant, until: number): string;
  /** Returns undefined unless a proxy of this gateway issued the token and it has not expired. */
  verify(token: string): ApplicationGrant | undefined;
};

function readClaims(text: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Creates the tokens with which applications act as a person on clusters. A token is nothing but the name of a session,
 * signed: each request with it looks the session up as a request with the session's own token would, so that it ends with
 * the session. Verified tokens are remembered by hash.
 */
export function createApplicationTokens(deps: {
  keys: IdentityKeyRing;
  gatewayOrigin: string;
  now: () => number;
}): ApplicationTokens {
  const { keys, gatewayOrigin, now } = deps;
  const seen = createExpiringCache<Verified>({ max: 10_000, clock: now });

  const check = (token: string): Verified | undefined => {
    const [, head = '', payload = '', signature = ''] = form.exec(token) ?? [];
    const signed = Buffer.from(signature, 'base64url');
    // The whole header is compared, and of the encodings of a signature only the canonical one is accepted.
    const key = keys.published().find((one) => jwsHeader(one, tokenType) === head);
    if (
      !key ||
      signed.toString('base64url') !== signature ||
      !verify('sha256', Buffer.from(`${head}.${payload}`), { key: key.publicKey, dsaEncoding: 'ieee-p1363' }, signed)
    )
      return undefined;
    const claims = readClaims(payload);
    if (
      claims?.iss !== gatewayOrigin ||
      claims.aud !== gatewayOrigin ||
      typeof claims.route !== 'string' ||
      typeof claims.session !== 'string' ||
      !Number.isSafeInteger(claims.exp)
    )
      return undefined;
    return { route: claims.route, tokenHash: claims.session, expiresAt: (claims.exp as number) * 1000, key };
  };

  return {
    issue({ tokenHash, route }, until) {
      const claims = {
        iss: gatewayOrigin,
        aud: gatewayOrigin,
        route,
        session: tokenHash,
        iat: Math.floor(now() / 1000),
        exp: Math.floor(until / 1000),
      };
      return applicationTokenPrefix + signJws(keys.signing(), tokenType, claims);
    },
    verify(token) {
      if (token.length > maxLength) return undefined;
      const own = hash('sha256', token, 'base64');
      const remembered = seen.get(own);
      const found = remembered && keys.published().includes(remembered.key) ? remembered : check(token);
      if (!found || found.expiresAt <= now()) return undefined;
      if (found !== remembered) seen.set(own, found, found.expiresAt - now());
      return { tokenHash: found.tokenHash, route: found.route };
    },
  };
}
