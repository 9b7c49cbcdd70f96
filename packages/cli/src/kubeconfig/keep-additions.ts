import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { YAMLMap } from 'yaml';

const certificate = /-----BEGIN CERTIFICATE-----([\s\S]+?)-----END CERTIFICATE-----/g;

/** Returns the certificates of a PEM text in a form that can be compared. */
const certificatesIn = (pem: string) => [...pem.matchAll(certificate)].map(([, body]) => body!.replaceAll(/\s/g, ''));

const textOf = (map: YAMLMap, field: string) => {
  const value = map.get(field);
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** Returns the CA in an entry, as kubectl finds it; undefined if it cannot be read. */
function authorityIn(cluster: YAMLMap, kubeconfig: string): string | undefined {
  const data = textOf(cluster, 'certificate-authority-data');
  if (data !== undefined) return Buffer.from(data, 'base64').toString('latin1');
  try {
    return readFileSync(path.resolve(path.dirname(kubeconfig), textOf(cluster, 'certificate-authority')!), 'latin1');
  } catch {
    return undefined;
  }
}

/** Reports whether the CA in an entry also vouches for a gateway with this CA, such as a bundle that contains it. */
function includes(cluster: YAMLMap, authority: string, kubeconfig: string): boolean {
  const found = new Set(certificatesIn(authorityIn(cluster, kubeconfig) ?? ''));
  const needed = certificatesIn(authority);
  return needed.length > 0 && needed.every((one) => found.has(one));
}

/** Sets the CA of an entry, unless the user's own CA does as well. Returns the fields of the user that are kept. */
function putAuthority(cluster: YAMLMap, authority: string | undefined, kubeconfig: string): string[] {
  const fields = ['certificate-authority-data', 'certificate-authority'].filter(
    (field) => textOf(cluster, field) !== undefined,
  );
  const ours = authority === undefined ? undefined : Buffer.from(authority).toString('base64');
  const isOurs = ours !== undefined && fields.length === 1 && textOf(cluster, 'certificate-authority-data') === ours;
  if (fields.length > 0 && !isOurs && (authority === undefined || includes(cluster, authority, kubeconfig)))
    return fields;
  cluster.delete('certificate-authority');
  if (ours === undefined) cluster.delete('certificate-authority-data');
  else cluster.set('certificate-authority-data', ours);
  return [];
}

/**
 * Puts the CA into the cluster of an entry, and keeps what the user has added to it as long as the entry works that way
 * and is safe. Returns notes for the user.
 */
export function keepAdditions(
  cluster: YAMLMap,
  entry: { name: string; authority: string | undefined },
  kubeconfig: string,
): { kept: string[]; notes: string[] } {
  const notes: string[] = [];
  if (cluster.get('insecure-skip-tls-verify') === true)
    notes.push(`"${entry.name}" no longer has insecure-skip-tls-verify, which lets anyone on the way read your token`);
  cluster.delete('insecure-skip-tls-verify');
  const before = textOf(cluster, 'certificate-authority-data') ?? textOf(cluster, 'certificate-authority');
  const kept = putAuthority(cluster, entry.authority, kubeconfig);
  const after = textOf(cluster, 'certificate-authority-data');
  if (before !== undefined && kept.length === 0 && before !== after)
    notes.push(`"${entry.name}" now has the CA that you gave for its gateway, instead of another one`);
  kept.push(...['proxy-url', 'tls-server-name'].filter((field) => textOf(cluster, field) !== undefined));
  return { kept, notes };
}
