import { createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { serviceNames } from '@sallyport/contracts';
import { dataFiles } from './data-files.ts';

type Section = Record<string, unknown>;

const sectionOf = (value: unknown): Section | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Section) : undefined;

/** Returns the directory that the data of a configuration names, valid or not. */
const dataDirectory = (data: unknown, resolvePath: (file: string) => string): string => {
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
 * terminates TLS, it needs none. One that sends the PROXY protocol passes TLS through.
 */
export function needsOwnCertificate(data: unknown): boolean {
  const gateway = sectionOf(sectionOf(data)?.gateway) ?? {};
  const tls = sectionOf(gateway.tls);
  if (typeof gateway.url !== 'string' || !gateway.url.startsWith('https:')) return false;
  if (tls) return tls.certFile === undefined && tls.keyFile === undefined && tls.acme === undefined;
  const isBehindTls = Array.isArray(gateway.trustedProxies) && gateway.trustedProxies.length > 0;
  return gateway.tls == null && (gateway.proxyProtocol === true || !isBehindTls);
}

/** What was added to a configuration. */
type Completed = {
  data: unknown;
  /** The paths of the settings, with the file that each names. Undefined for what the process makes anew if it is bad. */
  added: ReadonlyMap<string, string | undefined>;
};

/**
 * Names what a configuration leaves to a single process: its keys, its certificate, its store, and a short end of streams.
 * A key is named once it is there. A configuration with Redis may also be that of several services, which are given keys:
 * it is completed if there are keys in the directory, or if the reader is a single process.
 */
export function completeConfig(
  data: unknown,
  resolvePath: (file: string) => string,
  { forOneProcess = false }: { forOneProcess?: boolean } = {},
): Completed {
  const root = sectionOf(data);
  const added = new Map<string, string | undefined>();
  if (!root) return { data, added };
  const directory = dataDirectory(data, resolvePath);
  const files = dataFiles(directory);
  const isForOne = forOneProcess || isSingleProcess(data);
  if (!isForOne && !existsSync(files.keys)) return { data, added };
  const result = { ...root };
  /** Adds to a section what it lacks. Whatever else is there in place of a section is a fault for the schema. */
  const add = (name: string, settings: Section, isRemade = false) => {
    const parts = name.split('.');
    let parent = result as Section;
    for (const part of parts) {
      const child = parent[part] === undefined ? {} : sectionOf(parent[part]);
      if (!child) return;
      parent[part] = { ...child };
      parent = parent[part] as Section;
    }
    for (const [key, value] of Object.entries(settings))
      if (parent[key] == null) {
        if (value !== undefined) parent[key] = value;
        added.set(`${name}.${key}`, isRemade || typeof value !== 'string' ? undefined : value);
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
  if (sectionOf(root.audit)?.checkpoints !== undefined || existsSync(files.checkpoints))
    add('audit.checkpoints', { keyFile: files.checkpoints });
  if (existsSync(files.tokens) && sectionOf(root.sessions)?.encryption == null)
    add('sessions.encryption', { keys: [{ id: 'own', keyFile: files.tokens }] });
  // While streams end, clients cannot connect: the next process starts only after this one.
  if (isForOne) add('streams', { drain: '5s' });
  if (needsOwnCertificate(data)) {
    add('gateway.tls', { certFile: files.certificate, keyFile: files.certificate }, true);
    add('gateway', { caFile: files.ca });
  }
  return { data: result, added };
}
