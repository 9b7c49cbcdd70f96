import { verify } from 'node:crypto';
import { createTokenVerifier } from '@sallyport/kit';
import type { IdentityKeyRing } from './identity-key-ring.ts';
import { jwsHeader, signJws } from './identity-keys.ts';

/** The beginning of every application token, by which secret scanners and our own logs know one. */
export const applicationTokenPrefix = 'spa_';
/** How long a token is valid, in milliseconds. A request that passes the route renews it. */
export const applicationTokenMs = 600_000;
/** An explicit type (RFC 8725, 3.11), so that an identity assertion by the same key is not accepted here. */
const tokenType = 'sallyport-application+jwt';
const form = /^spa_([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;

/** The session that a token stands for, by the hash of its own token, and the route whose application has it. */
export type ApplicationGrant = { tokenHash: string; route: string };

export type ApplicationTokens = {
  issue(grant: ApplicationGrant, until: number): string;
  /** Returns undefined unless a proxy of this gateway issued the token and it has not expired. */
  verify(token: string): ApplicationGrant | undefined;
};

/**
 * Creates the tokens with which applications act as a person on clusters. A token is nothing but the name of a session,
 * signed: each request with it looks the session up as a request with the session's own token would, so that it ends with
 * the session.
 */
export function createApplicationTokens(deps: {
  keys: IdentityKeyRing;
  gatewayOrigin: string;
  now: () => number;
}): ApplicationTokens {
  const { keys, gatewayOrigin, now } = deps;
  const verified = createTokenVerifier({
    form,
    gateway: gatewayOrigin,
    now,
    keys: keys.published,
    headerOf: (key) => jwsHeader(key, tokenType),
    isSignedBy: ({ publicKey }, signed, signature) =>
      verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature),
    read: ({ route, session }): ApplicationGrant | undefined =>
      typeof route === 'string' && typeof session === 'string' ? { route, tokenHash: session } : undefined,
  });
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
    verify: (token) => verified(token)?.content,
  };
}
