import { hash } from 'node:crypto';

/**
 * Returns the uid of a user, from the issuer and the subject. These are the only stable key: a name can be reassigned
 * (OpenID Connect Core 5.7).
 */
export function userUid({ issuer, subject }: { issuer: string; subject: string }): string {
  return hash('sha256', `${issuer}\0${subject}`, 'base64url');
}
