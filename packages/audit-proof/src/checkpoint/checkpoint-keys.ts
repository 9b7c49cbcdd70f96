import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { keyIdOf } from './key-id.ts';

/** Public keys of checkpoints by their key ids. */
export type CheckpointKeys = ReadonlyMap<string, KeyObject>;

/** A public key in a JWKS (RFC 7517, RFC 8037). */
export type CheckpointJwk = { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string; alg: 'EdDSA'; use: 'sig' };

/** Returns the keys as a JWKS. It never contains a private key. */
export function toJwks(keys: CheckpointKeys): { keys: CheckpointJwk[] } {
  return {
    keys: [...keys].map(([kid, key]) => {
      const { x } = createPublicKeyOf(key).export({ format: 'jwk' });
      return { kty: 'OKP', crv: 'Ed25519', x: x!, kid, alg: 'EdDSA', use: 'sig' };
    }),
  };
}

/**
 * Reads public keys: a JWKS, or PEM blocks one after the other. A private key in a PEM block counts as its public key.
 * Throws if there is no key, or if one is not an Ed25519 key. A key id in the file is not trusted, but computed.
 */
export function readCheckpointKeys(text: string): CheckpointKeys {
  const keys = text.trimStart().startsWith('{') ? readJwks(text) : readPem(text);
  if (keys.length === 0) throw new TypeError('it has no key');
  return new Map(keys.map((key) => [keyIdOf(key), key]));
}

function readJwks(text: string): KeyObject[] {
  const { keys } = JSON.parse(text) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new TypeError('it is not a JWKS');
  return keys.map((jwk) => createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }));
}

function readPem(text: string): KeyObject[] {
  return (text.match(/-----BEGIN [A-Z ]+-----[\s\S]+?-----END [A-Z ]+-----/g) ?? []).map((pem) => createPublicKey(pem));
}

const createPublicKeyOf = (key: KeyObject): KeyObject => (key.type === 'private' ? createPublicKey(key) : key);
