import { createHash, type KeyObject } from 'node:crypto';

/** Returns the RFC 7638 thumbprint of an Ed25519 key, which identifies it in checkpoints and in a JWKS. */
export function keyIdOf(key: KeyObject): string {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 key');
  const { crv, kty, x } = key.export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}
