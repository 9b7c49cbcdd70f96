import { createHash, type KeyObject } from 'node:crypto';

/** Returns a short name of a public key: the SHA-256 of its SPKI in base64url. */
export function keyIdOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('base64url');
}
