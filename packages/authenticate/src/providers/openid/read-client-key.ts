import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { CryptoKey } from 'jose';

/** Returns the algorithm for a key (RFC 7518, RFC 8037). */
function algorithmOf(key: KeyObject): Parameters<KeyObject['toCryptoKey']>[0] {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  if (key.asymmetricKeyType === 'ed25519') return { name: 'Ed25519' };
  const curve = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }[
    key.asymmetricKeyDetails?.namedCurve ?? ''
  ];
  if (key.asymmetricKeyType === 'ec' && curve !== undefined) return { name: 'ECDSA', namedCurve: curve };
  throw new Error('the key must be RSA, Ed25519, or EC on the curve P-256, P-384 or P-521');
}

/** Reads the private key of a client (PEM). Throws if the key cannot sign. */
export function readClientKey(pem: string): CryptoKey {
  const key = createPrivateKey(pem);
  return key.toCryptoKey(algorithmOf(key), false, ['sign']);
}
