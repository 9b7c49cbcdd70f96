import { sign } from 'node:crypto';
import type { IdentityKey } from './read-identity-keys.ts';

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Returns the protected header of a JWS by this key: nothing in it is negotiable. */
export function jwsHeader({ kid }: IdentityKey, typ: string): string {
  return encode({ alg: 'ES256', kid, typ });
}

/**
 * Signs claims as a compact JWS (RFC 7515, ES256). At once rather than on another thread: a request waits for it, and it
 * takes less time than the switch.
 */
export function signJws(key: IdentityKey, typ: string, claims: object): string {
  const signed = `${jwsHeader(key, typ)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}
