import { hash } from 'node:crypto';

/** Returns the SHA-256 of a token in base64url, the only form in which tokens are stored or sent between services. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'base64url');
}
