import { hash } from 'node:crypto';

/** Returns a UUID of version 8 (RFC 9562) from the first bytes of a hash. */
export function uuidOf(hash: Buffer): string {
  const id = Buffer.from(hash.subarray(0, 16));
  id[6] = (id[6]! & 0x0f) | 0x80;
  id[8] = (id[8]! & 0x3f) | 0x80;
  const hex = id.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * Returns the uid of a user, from the issuer and the subject. These are the only stable key: a name can be reassigned
 * (OpenID Connect Core 5.7).
 */
export function userUid({ issuer, subject }: { issuer: string; subject: string }): string {
  return hash('sha256', `${issuer}\0${subject}`, 'base64url');
}
