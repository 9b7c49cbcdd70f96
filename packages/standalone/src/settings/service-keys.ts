import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { serviceNames, type ServiceName } from '@sallyport/contracts';
import { makeIdentityKey } from './make-identity-key.ts';

/** The file of each service's private key, and its public key in the form of sallyport.yaml. */
export type ServiceKeyFiles = Record<ServiceName, { keyFile: string; publicKey: string }>;

/** Creates the Ed25519 keys of the four services in a directory, or reads those of an earlier run. */
export function ensureServiceKeys(directory: string): ServiceKeyFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const one = (name: ServiceName) => {
    const keyFile = ensureKey(directory, name);
    const publicKey = createPublicKey(readFileSync(keyFile)).export({ type: 'spki', format: 'der' }).toString('base64');
    return [name, { keyFile, publicKey }] as const;
  };
  return Object.fromEntries(serviceNames.map(one)) as ServiceKeyFiles;
}

/** Creates the Ed25519 key that signs checkpoints of the audit trail, or keeps that of an earlier run. Returns its file. */
export function ensureCheckpointKey(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return ensureKey(directory, 'checkpoints');
}

/**
 * Creates the key that signs what web applications learn about their users, or keeps that of an earlier run. Returns
 * its file.
 */
export function ensureIdentityKey(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return ensureKey(directory, 'identity', makeIdentityKey);
}

const makeSigningKey = () =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

function ensureKey(directory: string, name: string, make = makeSigningKey): string {
  const keyFile = path.join(directory, `${name}.pem`);
  if (!existsSync(keyFile)) writeFileSync(keyFile, make(), { mode: 0o600 });
  return keyFile;
}
