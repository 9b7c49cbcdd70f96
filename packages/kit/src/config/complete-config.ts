import { createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { serviceNames } from '@sallyport/contracts';

type Section = Record<string, unknown>;

const sectionOf = (value: unknown): Section | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Section) : undefined;

/** The files that a single process makes in its directory, by what they are for. */
export function dataFiles(directory: string) {
  const key = (name: string) => path.join(directory, 'keys', name);
  const tls = (name: string) => path.join(directory, 'tls', name);
  return {
    keyOf: (service: string) => key(`${service}.pem`),
    identity: key('identity.pem'),
    checkpoints: key('checkpoints.pem'),
    /** Encrypts the tokens of identity providers. */
    tokens: key('tokens.key'),
    certificate: tls('gateway.crt'),
    certificateKey: tls('gateway.key'),
    ca: tls('ca.crt'),
    caKey: tls('ca.key'),
    /** The embedded store of events. */
    store: path.join(directory, 'audit'),
  };
}

/** Returns the directory that the data of a configuration names, valid or not. */
export const dataDirectory = (data: unknown, resolvePath: (file: string) => string): string => {
  const named = sectionOf(data)?.data;
  return resolvePath(typeof named === 'string' && named !== '' ? named : './data');
};

/** Reports whether the data of a configuration leaves sessions to a single process. */
export function isSingleProcess(data: unknown): boolean {
  const sessions = sectionOf(sectionOf(data)?.sessions) ?? {};
  return sessions.redis === undefined && sessions.memory === undefined;
}

const existing = (file: string): string | undefined => (existsSync(file) ? file : undefined);

function publicKeyOf(file: string): string | undefined {
  try {
    return createPublicKey(readFileSync(file)).export({ type: 'spki', format: 'der' }).toString('base64');
  } catch {
    return undefined;
  }
}

/**
 * Reports whether the gateway needs a certificate that the configuration does not name. Behind a load balancer that
 * terminates TLS, it needs none.
 */
export function needsOwnCertificate(data: unknown): boolean {
  const gateway = sectionOf(sectionOf(data)?.gateway) ?? {};
  const tls = sectionOf(gateway.tls);
  if (typeof gateway.url !== 'string' || !gateway.url.startsWith('https:')) return false;
  if (tls) return tls.certFile === undefined && tls.keyFile === undefined && tls.acme === undefined;
  return gateway.tls == null && !(Array.isArray(gateway.trustedProxies) && gateway.trustedProxies.length > 0);
}

/**
 * Names the keys, the certificates and the store that a single process makes in its directory, where a configuration names
 * none. Keys are named once they are there, and the certificate always, because nothing can be read without it. A configuration with
 * Redis may also be that of several services, which are given keys. It gets them if there are keys in the directory, or if
 * the reader is a single process. Returns the paths of these settings.
 */
export function completeConfig(
  data: unknown,
  resolvePath: (file: string) => string,
  { forOneProcess = false }: { forOneProcess?: boolean } = {},
): { data: unknown; added: ReadonlySet<string> } {
  const root = sectionOf(data);
  const added = new Set<string>();
  if (!root) return { data, added };
  const directory = dataDirectory(data, resolvePath);
  const isForOne = forOneProcess || isSingleProcess(data) || existsSync(path.join(directory, 'keys'));
  if (!isForOne) return { data, added };
  const files = dataFiles(directory);
  const result = { ...root };
  /** Adds to a section what it lacks. Whatever else is there in place of a section is a fault for the schema. */
  const add = (name: string, settings: Section) => {
    const parts = name.split('.');
    let parent = result as Section;
    for (const part of parts) {
      const child = parent[part] == null ? {} : sectionOf(parent[part]);
      if (!child) return;
      parent[part] = { ...child };
      parent = parent[part] as Section;
    }
    for (const [key, value] of Object.entries(settings))
      if (parent[key] == null) {
        if (value !== undefined) parent[key] = value;
        added.add(`${name}.${key}`);
      }
  };
  for (const service of serviceNames) {
    const given = sectionOf(sectionOf(root.services)?.[service]) ?? {};
    const keyFile = files.keyOf(service);
    if (given.keyFile != null || given.publicKey != null) continue;
    add(`services.${service}`, { keyFile: existing(keyFile), publicKey: publicKeyOf(keyFile) });
  }
  add('gateway', { identityKeyFile: existing(files.identity) });
  if (sectionOf(sectionOf(root.audit)?.kafka)?.memory === undefined) add('audit', { store: { embedded: files.store } });
  if (existsSync(files.checkpoints)) add('audit.checkpoints', { keyFile: files.checkpoints });
  if (existsSync(files.tokens) && sectionOf(root.sessions)?.encryption == null)
    add('sessions.encryption', { keys: [{ id: 'own', keyFile: files.tokens }] });
  if (needsOwnCertificate(data)) {
    add('gateway.tls', { certFile: files.certificate, keyFile: files.certificateKey });
    add('gateway', { caFile: files.ca });
  }
  return { data: result, added };
}
