import { createHash, randomBytes } from 'node:crypto';

/** 256 bits that nobody guesses, in base64url. */
export function randomText(): string {
  return randomBytes(32).toString('base64url');
}

/** The challenge that goes with a verifier (RFC 7636 section 4.2, S256). */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
