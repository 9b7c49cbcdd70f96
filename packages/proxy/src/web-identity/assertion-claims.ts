import { randomUUID } from 'node:crypto';
import type { CheckAnswer } from '@sallyport/contracts';
import { userUid } from '@sallyport/kit';

type Identity = NonNullable<CheckAnswer['identity']>;

/** Whom an assertion is about, and for how long. Times are in milliseconds since the epoch. */
export type AssertionAbout = {
  identity: Identity;
  groups: readonly string[];
  sessionId: string;
  issuedAt: number;
  expiresAt: number;
};

/** How long an assertion is valid, in milliseconds. */
export const assertionMs = 300_000;

function commonClaims({ identity, groups, sessionId, issuedAt, expiresAt }: AssertionAbout) {
  const { user, email, name } = identity;
  return {
    user,
    email,
    name,
    groups,
    sid: sessionId,
    iat: Math.floor(issuedAt / 1000),
    exp: Math.floor(expiresAt / 1000),
    jti: randomUUID(),
  };
}

/**
 * Returns the claims of `X-Sallyport-Jwt-Assertion`. The subject is the UID that clusters get too, because a subject of a
 * provider is unique only there.
 */
export function assertionClaims(about: AssertionAbout, from: { gateway: string; route: string }): object {
  return { iss: from.gateway, aud: from.route, sub: userUid(about.identity), ...commonClaims(about) };
}

/**
 * Returns the claims of `X-Pomerium-Jwt-Assertion`: issuer and audience are the host of the route, and the subject is that
 * of the provider, if the gateway has only this one.
 */
export function pomeriumClaims(about: AssertionAbout, from: { route: string; provider: string | undefined }): object {
  const { hostname } = new URL(from.route);
  const sub = about.identity.provider === from.provider ? about.identity.subject : userUid(about.identity);
  const { user: _user, ...claims } = commonClaims(about);
  return { iss: hostname, aud: hostname, sub, user: sub, ...claims };
}
