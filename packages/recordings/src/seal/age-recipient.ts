import { createPublicKey, type KeyObject } from 'node:crypto';
import { bech32 } from '@scure/base';

/** A public key of age: its bytes, and the key that they are. */
export type AgeRecipient = { bytes: Buffer; key: KeyObject };

/** Returns the public key of 32 bytes as an object. */
export const x25519PublicKey = (bytes: Buffer): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: bytes.toString('base64url') }, format: 'jwk' });

/** Reads a public key as age writes it, such as `age1…`. */
export function parseRecipient(text: string): AgeRecipient {
  const decoded = bech32.decodeUnsafe(text);
  const bytes = decoded?.prefix === 'age' ? Buffer.from(bech32.fromWords(decoded.words)) : undefined;
  if (bytes?.length !== 32) throw new Error(`${text} is not an X25519 public key of age`);
  return { bytes, key: x25519PublicKey(bytes) };
}
