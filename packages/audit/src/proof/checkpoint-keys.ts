import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { keyIdOf, readCheckpointKeys, type CheckpointKeys } from '@sallyport/audit-proof';
import { checkNamedFile, type LoadedConfig, type ConfigFault } from '@sallyport/kit';

/** The key that signs checkpoints, and the public keys that verify them, the one in use first. */
export type LoadedCheckpointKeys = { privateKey: KeyObject; keyId: string; publicKeys: CheckpointKeys };

/** Reads a private key in PEM. Throws unless it is an Ed25519 key. */
function readSigningKey(pem: Buffer): KeyObject {
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
function readRetiredKeys(pem: Buffer): CheckpointKeys {
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

/** Checks the keys of checkpoints and their second place. */
export function checkCheckpoints(loaded: LoadedConfig): ConfigFault[] {
  const { checkpoints } = loaded.config.audit;
  if (!checkpoints) return [];
  const at = 'audit.checkpoints';
  const { keyFile, retiredKeys, anchor } = checkpoints;
  return [
    ...checkNamedFile(loaded, `${at}.keyFile`, keyFile, (pem) => void readSigningKey(pem)),
    ...retiredKeys.flatMap((file, index) =>
      checkNamedFile(loaded, `${at}.retiredKeys.${index}`, file, (pem) => void readRetiredKeys(pem)),
    ),
    ...(anchor && 'url' in anchor ? checkNamedFile(loaded, `${at}.anchor.tokenFile`, anchor.tokenFile) : []),
    ...(anchor && 'file' in anchor ? checkAnchorFile(loaded, anchor.file) : []),
  ];
}

function checkAnchorFile(loaded: LoadedConfig, file: string): ConfigFault[] {
  const directory = path.dirname(loaded.resolvePath(file));
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return [];
  const at = ['audit', 'checkpoints', 'anchor', 'file'];
  return [
    {
      path: at.join('.'),
      message: 'is in a directory that does not exist',
      hint: `create ${directory}`,
      ...loaded.place(at),
    },
  ];
}
