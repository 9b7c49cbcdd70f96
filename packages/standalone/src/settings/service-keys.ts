import { createPublicKey } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { serviceNames, type ServiceName } from '@sallyport/contracts';
import { createOnce } from './create-once.ts';
import { makeIdentityKey, makeSigningKey } from './make-keys.ts';

/** The file of each service's private key, and its public key in the form of sallyport.yaml. */
export type ServiceKeyFiles = Record<ServiceName, { keyFile: string; publicKey: string }>;

/** Creates the Ed25519 keys of the four services in a directory, or reads those of an earlier run. */
export function ensureServiceKeys(directory: string): ServiceKeyFiles {
  const one = (name: ServiceName) => {
    const keyFile = ensureKey(directory, name);
    const publicKey = createPublicKey(readFileSync(keyFile)).export({ type: 'spki', format: 'der' }).toString('base64');
    return [name, { keyFile, publicKey }] as const;
  };
  return Object.fromEntries(serviceNames.map(one)) as ServiceKeyFiles;
}

/**
 * Creates a key, or keeps that of an earlier run: of a service, the one that signs checkpoints of the audit trail, or the
 * one that signs what web applications learn about their users. Returns its file.
 */
export function ensureKey(directory: string, name: ServiceName | 'checkpoints' | 'identity'): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const keyFile = path.join(directory, `${name}.pem`);
  createOnce(keyFile, name === 'identity' ? makeIdentityKey : makeSigningKey);
  return keyFile;
}
