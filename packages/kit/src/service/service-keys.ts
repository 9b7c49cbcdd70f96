import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { serviceNames, type Config, type ServiceName } from '@sallyport/contracts';
import { unreadableFile } from '../config/check-named-file.ts';
import { ConfigFaults, type ConfigFault } from '../config/config-faults.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import {
  createServiceIdentity,
  createServiceVerifier,
  readPublicKey,
  type ServiceIdentity,
  type ServiceVerifier,
} from './service-credential.ts';

function attempt<T>(faults: ConfigFault[], path: string, message: string, read: () => T): T | undefined {
  try {
    return read();
  } catch {
    faults.push({ path, message });
    return undefined;
  }
}

function readPublicKeys(services: Config['services'], faults: ConfigFault[]): Partial<Record<ServiceName, KeyObject>> {
  const keys: Partial<Record<ServiceName, KeyObject>> = {};
  for (const name of serviceNames) {
    const text = services[name].publicKey;
    if (text === undefined) continue;
    const key = attempt(
      faults,
      `services.${name}.publicKey`,
      'is not an Ed25519 public key (SPKI, PEM or base64)',
      () => readPublicKey(text),
    );
    if (key) keys[name] = key;
  }
  return keys;
}

function readPrivateKey(file: string, path: string, faults: ConfigFault[]): KeyObject | undefined {
  let pem: Buffer;
  try {
    pem = readFileSync(file);
  } catch (error) {
    faults.push({ path, ...unreadableFile(error, file) });
    return undefined;
  }
  return attempt(faults, path, 'is not an Ed25519 private key (PKCS #8 PEM)', () => createPrivateKey(pem));
}

/**
 * Reads a service's private key and the public keys of all services. Internal calls cannot be verified without them, so a
 * missing key is a fault.
 */
export function loadServiceKeys(
  loaded: LoadedConfig,
  name: ServiceName,
  now: () => number,
): { identity: ServiceIdentity; verifier: ServiceVerifier } {
  const faults: ConfigFault[] = [];
  const { services } = loaded.config;
  const { keyFile } = services[name];
  const path = `services.${name}.keyFile`;
  if (keyFile === undefined)
    faults.push({ path, message: 'is missing', hint: 'create one with: openssl genpkey -algorithm ed25519' });
  const privateKey = keyFile === undefined ? undefined : readPrivateKey(loaded.resolvePath(keyFile), path, faults);
  if (privateKey && privateKey.asymmetricKeyType !== 'ed25519') faults.push({ path, message: 'is not an Ed25519 key' });
  const publicKeys = readPublicKeys(services, faults);
  for (const other of serviceNames)
    if (services[other].publicKey === undefined)
      faults.push({
        path: `services.${other}.publicKey`,
        message: 'is missing',
        hint: 'print it with: openssl pkey -pubout -in KEYFILE',
      });
  if (privateKey && publicKeys[name] && !createPublicKey(privateKey).equals(publicKeys[name]))
    faults.push({ path, message: `does not match services.${name}.publicKey` });
  if (faults.length > 0 || !privateKey)
    throw new ConfigFaults(
      loaded.file,
      faults.map((fault) => ({ ...fault, ...loaded.place(fault.path.split('.')) })),
    );
  return {
    identity: createServiceIdentity({ name, privateKey, now }),
    verifier: createServiceVerifier({ name, publicKeys, now }),
  };
}
