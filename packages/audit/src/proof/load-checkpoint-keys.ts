import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { keyIdOf, readCheckpointKeys, type CheckpointKeys } from '@sallyport/audit-proof';
import type { LoadedConfig } from '@sallyport/kit';

/** The key that signs checkpoints, and the public keys that verify them, the one in use first. */
export type LoadedCheckpointKeys = { privateKey: KeyObject; keyId: string; publicKeys: CheckpointKeys };

/** Reads a private key in PEM. Throws unless it is an Ed25519 key. */
export function readSigningKey(pem: Buffer): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // It is not a key.
  }
  if (key?.asymmetricKeyType !== 'ed25519') throw new TypeError('is not an Ed25519 private key (PKCS #8 PEM)');
  return key;
}

/** Reads public keys. Throws unless each is an Ed25519 key. */
export function readRetiredKeys(pem: Buffer): CheckpointKeys {
  try {
    return readCheckpointKeys(pem.toString('utf8'));
  } catch (error) {
    throw new TypeError(`is not a file of Ed25519 public keys (PEM): ${(error as Error).message}`, { cause: error });
  }
}

/** Reads the keys that `audit.checkpoints` names, or returns undefined if checkpoints are not configured. */
export function loadCheckpointKeys({ config, resolvePath }: LoadedConfig): LoadedCheckpointKeys | undefined {
  const { checkpoints } = config.audit;
  if (!checkpoints) return undefined;
  const privateKey = readSigningKey(readFileSync(resolvePath(checkpoints.keyFile)));
  const publicKey = createPublicKey(privateKey);
  const keyId = keyIdOf(publicKey);
  const retired = checkpoints.retiredKeys.flatMap((file) => [...readRetiredKeys(readFileSync(resolvePath(file)))]);
  return { privateKey, keyId, publicKeys: new Map([[keyId, publicKey], ...retired]) };
}
