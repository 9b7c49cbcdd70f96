import { hkdfSync, type KeyObject } from 'node:crypto';

const secretBytes = 32;

/**
 * Derives a secret of 32 bytes from a service's Ed25519 private key (HKDF with SHA-256, RFC 5869). All replicas of the
 * service have it, and it stays the same as long as the key does. `use` separates it from the secrets of other uses. The
 * key cannot be computed from it.
 */
export function deriveSecret(privateKey: KeyObject, use: string): Buffer {
  const { d } = privateKey.export({ format: 'jwk' });
  return Buffer.from(hkdfSync('sha256', Buffer.from(d!, 'base64url'), 'sallyport', use, secretBytes));
}
