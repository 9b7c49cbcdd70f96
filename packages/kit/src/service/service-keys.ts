import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { serviceNames, type ServiceName } from '@sallyport/contracts';
import { unreadableFile } from '../config/check-named-file.ts';
import { ConfigFaults, type ConfigFault } from '../config/config-faults.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { Metrics } from '../observe/create-admin-server.ts';
import type { Logger } from '../observe/create-logger.ts';
import { followServiceKeys } from './follow-service-keys.ts';
import {
  createServiceIdentity,
  createServiceVerifier,
  readPublicKey,
  type ServiceIdentity,
  type ServiceVerifier,
} from './service-credential.ts';

const pem = /-----BEGIN [^-]+-----[\s\S]+?-----END [^-]+-----/g;
/** The old key and the new one are enough. More are probably a mistake. */
const mostKeys = 4;

/**
 * Reads one or more Ed25519 public keys in SPKI form: blocks of PEM, or base64 of DER with white space between the keys.
 * Throws for anything else.
 */
export function readPublicKeys(text: string): KeyObject[] {
  const blocks = text.match(pem) ?? [];
  const rest = text.replaceAll(pem, ' ').trim();
  const keys = [...blocks, ...(rest === '' ? [] : rest.split(/\s+/))].map(readPublicKey);
  if (keys.length === 0 || keys.length > mostKeys) throw new Error(`has ${keys.length} keys`);
  return keys;
}

function attempt<T>(faults: ConfigFault[], path: string, message: string, read: () => T): T | undefined {
  try {
    return read();
  } catch {
    faults.push({ path, message });
    return undefined;
  }
}

/** The keys of a service as they are on disk. */
type KeySet = { privateKey: KeyObject; publicKeys: Record<ServiceName, readonly KeyObject[]> };

function readAllPublicKeys(
  texts: Record<ServiceName, string | undefined>,
  faults: ConfigFault[],
): Record<ServiceName, readonly KeyObject[]> {
  const read = (name: ServiceName): readonly KeyObject[] => {
    const [text, path] = [texts[name], `services.${name}.publicKey`];
    if (text === undefined) {
      faults.push({ path, message: 'is missing', hint: 'print it with: openssl pkey -pubout -in KEYFILE' });
      return [];
    }
    const what = 'is not an Ed25519 public key (SPKI, PEM or base64), or up to four of them';
    return attempt(faults, path, what, () => readPublicKeys(text)) ?? [];
  };
  const keys = serviceNames.map((name) => [name, read(name)] as const);
  return Object.fromEntries(keys) as Record<ServiceName, readonly KeyObject[]>;
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

/** Reads the keys of a service. Returns undefined and adds faults if they are not complete or do not fit together. */
function readKeySet(
  name: ServiceName,
  source: { keyFile: string | undefined; publicKeys: Record<ServiceName, string | undefined> },
  faults: ConfigFault[],
): KeySet | undefined {
  const { keyFile } = source;
  const path = `services.${name}.keyFile`;
  if (keyFile === undefined)
    faults.push({ path, message: 'is missing', hint: 'create one with: openssl genpkey -algorithm ed25519' });
  const privateKey = keyFile === undefined ? undefined : readPrivateKey(keyFile, path, faults);
  if (privateKey && privateKey.asymmetricKeyType !== 'ed25519') faults.push({ path, message: 'is not an Ed25519 key' });
  const publicKeys = readAllPublicKeys(source.publicKeys, faults);
  const own = publicKeys[name];
  if (privateKey && own.length > 0 && !own.some((key) => createPublicKey(privateKey).equals(key)))
    faults.push({ path, message: `does not match services.${name}.publicKey` });
  return faults.length === 0 ? { privateKey: privateKey!, publicKeys } : undefined;
}

/** Returns the texts of the public keys: as the files have them now, or as the configuration had them at the start. */
function publicKeyTexts({ config, fileOf }: LoadedConfig, faults: ConfigFault[]) {
  const read = (name: ServiceName) => {
    const path = `services.${name}.publicKey`;
    const file = fileOf.get(path);
    if (file === undefined) return config.services[name].publicKey;
    try {
      return readFileSync(file, 'utf8').trim();
    } catch (error) {
      faults.push({ path, ...unreadableFile(error, file) });
      return undefined;
    }
  };
  return Object.fromEntries(serviceNames.map((name) => [name, read(name)])) as Record<ServiceName, string | undefined>;
}

/** The keys with which a service proves who it is and verifies the others. They follow their files. */
export type ServiceKeys = {
  identity: ServiceIdentity;
  verifier: ServiceVerifier;
  /** Returns the service's own private key. */
  privateKey(): KeyObject;
  /** Returns the public keys of a service. */
  publicKeysOf(name: ServiceName): readonly KeyObject[];
  /** Reads the keys again whenever one of their files changes. Until `close`. */
  follow(deps: { logger: Logger; metrics?: Metrics | undefined }): { close(): void };
};

/**
 * Reads a service's private key and the public keys of all services. Internal calls cannot be verified without them, so a
 * missing key is a fault.
 */
export function loadServiceKeys(loaded: LoadedConfig, name: ServiceName, now: () => number): ServiceKeys {
  const { keyFile } = loaded.config.services[name];
  const file = keyFile === undefined ? undefined : loaded.resolvePath(keyFile);
  const read = (publicKeys: Record<ServiceName, string | undefined>, faults: ConfigFault[]) =>
    readKeySet(name, { keyFile: file, publicKeys }, faults);
  const faults: ConfigFault[] = [];
  const { services } = loaded.config;
  const texts = Object.fromEntries(serviceNames.map((one) => [one, services[one].publicKey]));
  const first = read(texts as Record<ServiceName, string | undefined>, faults);
  if (!first)
    throw new ConfigFaults(
      loaded.file,
      faults.map((fault) => ({ ...fault, ...loaded.place(fault.path.split('.')) })),
    );
  let current: KeySet = first;
  return {
    identity: createServiceIdentity({
      name,
      now,
      get privateKey() {
        return current.privateKey;
      },
    }),
    verifier: createServiceVerifier({
      name,
      now,
      get publicKeys() {
        return current.publicKeys;
      },
    }),
    privateKey: () => current.privateKey,
    publicKeysOf: (other) => current.publicKeys[other],
    follow: (deps) =>
      followServiceKeys({
        ...deps,
        files: [...(file === undefined ? [] : [file]), ...serviceNames.flatMap((one) => publicKeyFile(loaded, one))],
        current: () => current,
        read() {
          const found: ConfigFault[] = [];
          const next = read(publicKeyTexts(loaded, found), found);
          if (next && found.length === 0) current = keepEqualKeys(current, next);
          return found;
        },
      }),
  };
}

const publicKeyFile = ({ fileOf }: LoadedConfig, name: ServiceName): string[] => {
  const file = fileOf.get(`services.${name}.publicKey`);
  return file === undefined ? [] : [file];
};

/** Keeps the objects of keys that have not changed, by which verified credentials are remembered. */
function keepEqualKeys(before: KeySet, after: KeySet): KeySet {
  const keep = (old: readonly KeyObject[]) => (key: KeyObject) => old.find((one) => one.equals(key)) ?? key;
  const publicKeys = serviceNames.map((name) => [name, after.publicKeys[name].map(keep(before.publicKeys[name]))]);
  return {
    privateKey: keep([before.privateKey])(after.privateKey),
    publicKeys: Object.fromEntries(publicKeys) as KeySet['publicKeys'],
  };
}
