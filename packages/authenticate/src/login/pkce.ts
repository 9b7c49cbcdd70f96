import { timingSafeEqual } from 'node:crypto';
import { hashToken } from '@sallyport/kit';

/** RFC 7636 4.2 and 4.3: only S256 is supported, because `plain` protects against nothing. */
export const challengePattern = /^[A-Za-z0-9_-]{43}$/;
const verifierPattern = /^[A-Za-z0-9._~-]{43,128}$/;

/** Reports whether the code challenge was derived from the code verifier (RFC 7636 4.6). */
export function matchesChallenge(verifier: string, challenge: string): boolean {
  return (
    verifierPattern.test(verifier) &&
    challengePattern.test(challenge) &&
    timingSafeEqual(Buffer.from(hashToken(verifier)), Buffer.from(challenge))
  );
}
