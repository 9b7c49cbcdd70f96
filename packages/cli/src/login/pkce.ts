import { createHash, randomBytes } from 'node:crypto';

/** Returns 256 random bits in base64url. */
export function randomText(): string {
  return randomBytes(32).toString('base64url');
}

/** Returns the code challenge of a verifier (RFC 7636 section 4.2, S256). */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
