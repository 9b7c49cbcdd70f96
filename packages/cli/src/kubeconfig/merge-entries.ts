import { isDeepStrictEqual } from 'node:util';
import {
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type ScalarTag,
  type Tags,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { CliError } from '../terminal/cli-error.ts';
import { execSection, type KubeconfigEntry } from './kubeconfig-entry.ts';
import { startsThisProgram } from '../kubectl/read-kubeconfigs.ts';
import { readFileSync } from 'node:fs';
import path from 'node:path';

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
function keepAdditions(
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

/** The new text, the current context, and notes for the user. */
type MergedKubeconfig = { text: string; current: string; notes: string[] };

const empty = 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n';
const sections = { clusters: 'cluster', contexts: 'context', users: 'user' } as const;
type Section = keyof typeof sections;

const unusable = (source: string, what: string) =>
  new CliError(
    'local-file',
    `${source} ${what}`,
    'Nothing was changed. Fix the file, or name another one in KUBECONFIG.',
  );

/** Keeps numbers as they were written. Otherwise 1e3 or -0 would change their form, and other readers their meaning. */
function asWritten(tags: Tags): Tags {
  const keep = (tag: ScalarTag): ScalarTag => ({
    ...tag,
    stringify: (item, ...rest) => item.source ?? tag.stringify?.(item, ...rest) ?? String(item.value),
  });
  return tags.map((tag) => (typeof tag === 'object' && /:(?:int|float)$/.test(tag.tag) ? keep(tag as ScalarTag) : tag));
}

function read(text: string, source: string): Document {
  const document = parseDocument(text.trim() === '' ? empty : text, { prettyErrors: false, customTags: asWritten });
  const fault = document.errors[0];
  if (fault !== undefined) throw unusable(source, `is not a kubeconfig: ${fault.message}`);
  if (document.contents === null) return read(empty, source);
  if (!isMap(document.contents)) throw unusable(source, 'is not a kubeconfig: it must be a map');
  return document;
}

function sectionOf(document: Document, section: Section, source: string): YAMLSeq {
  const found = document.get(section, true);
  if (isSeq(found)) return found;
  if (found !== undefined && !(isScalar(found) && found.value === null))
    throw unusable(source, `is not a kubeconfig: ${section} is not a list`);
  document.set(section, document.createNode([]));
  return document.get(section, true) as YAMLSeq;
}

const isNamed = (item: unknown, name: string): item is YAMLMap => isMap(item) && item.get('name') === name;

/** Finds or creates the map under a name in a section. Keeps its other members. */
function bodyOf(document: Document, section: Section, name: string, source: string): YAMLMap {
  const list = sectionOf(document, section, source);
  // In a list in flow style, such as an empty one, the new entries would be written on one line.
  if (list.items.length === 0) list.flow = false;
  let item = list.items.find((one) => isNamed(one, name)) as YAMLMap | undefined;
  if (item === undefined) {
    item = document.createNode({ name }) as unknown as YAMLMap;
    list.add(item);
  }
  const key = sections[section];
  const body = item.get(key, true);
  if (isMap(body)) return body;
  item.set(key, document.createNode({}));
  const made = item.get(key, true) as unknown as YAMLMap;
  made.flow = false;
  return made;
}

/** Reports whether this program wrote an entry: its user starts this program. An equal name is not enough. */
function isOurs(document: Document, name: string): boolean {
  const users = document.get('users', true);
  const user = isSeq(users) ? (users.items.find((one) => isNamed(one, name)) as YAMLMap | undefined) : undefined;
  const args = user?.getIn(['user', 'exec', 'args'], true);
  const values = isSeq(args) ? args.items.map((one) => (isScalar(one) ? one.value : undefined)) : [];
  return startsThisProgram(values);
}

function isTaken(document: Document, name: string): boolean {
  return Object.keys(sections).some((section) => {
    const list = document.get(section, true);
    return isSeq(list) && list.items.some((one) => isNamed(one, name));
  });
}

const originOf = (server: unknown) =>
  typeof server === 'string' && URL.canParse(server) ? new URL(server).origin : undefined;

/** Refuses to take a name from an entry that the user or another gateway has. */
function refuseTaken(document: Document, { name, server }: KubeconfigEntry, source: string): void {
  if (!isTaken(document, name)) return;
  if (!isOurs(document, name))
    throw unusable(source, `has an entry "${name}" that this program did not write. Rename that entry first`);
  const clusters = document.get('clusters', true);
  const found = isSeq(clusters) ? clusters.items.find((one) => isNamed(one, name)) : undefined;
  const origin = originOf(found?.getIn(['cluster', 'server']));
  if (origin !== undefined && origin !== originOf(server))
    throw new CliError(
      'local-file',
      `${source} has an entry "${name}" already, for the gateway ${origin}`,
      `Nothing was changed. Give the entries of this gateway another prefix, such as --prefix other-, which is remembered. If the gateway has moved, delete the old entry first: kubectl config delete-user ${name}; kubectl config delete-cluster ${name}; kubectl config delete-context ${name}`,
    );
}

function put(document: Document, entry: KubeconfigEntry, source: string, notes: string[]): void {
  const { name } = entry;
  refuseTaken(document, entry, source);
  const cluster = bodyOf(document, 'clusters', name, source);
  const before = cluster.get('server');
  if (typeof before === 'string' && before !== entry.server)
    notes.push(`"${name}" pointed to ${before} and now points to ${entry.server}`);
  cluster.set('server', entry.server);
  const additions = keepAdditions(cluster, entry, source);
  const user = bodyOf(document, 'users', name, source);
  const variables = user.getIn(['exec', 'env'], true);
  const exec: YAMLMap = document.createNode<Record<string, unknown>>(execSection(entry)) as unknown as YAMLMap;
  if (isSeq(variables) && variables.items.length > 0) {
    exec.set('env', variables);
    additions.kept.push('env of its program');
  }
  user.set('exec', exec);
  if (additions.kept.length > 0) notes.push(`"${name}" keeps what was added to it: ${additions.kept.join(', ')}`);
  notes.push(...additions.notes);
  const context = bodyOf(document, 'contexts', name, source);
  context.set('cluster', name);
  context.set('user', name);
}

/** Returns everything in a kubeconfig that this program did not write, as data. */
function others(document: Document, ours: ReadonlySet<string>): unknown {
  const data = (document.toJS({ maxAliasCount: 1000 }) ?? {}) as Record<string, unknown>;
  const strange = (list: unknown) =>
    Array.isArray(list) ? list.filter((one: { name?: unknown } | null) => !ours.has(String(one?.name))) : [];
  return {
    ...data,
    'current-context': undefined,
    ...Object.fromEntries(Object.keys(sections).map((section) => [section, strange(data[section])])),
  };
}

function merge(text: string, entries: readonly KubeconfigEntry[], source: string): MergedKubeconfig {
  const document = read(text, source);
  const notes: string[] = [];
  for (const entry of entries) put(document, entry, source, notes);
  const current = document.get('current-context');
  if (typeof current !== 'string' || current === '') document.set('current-context', entries[0]?.name ?? '');
  const merged = document.toString({ lineWidth: 0, flowCollectionPadding: false });
  const ours = new Set(entries.map((entry) => entry.name));
  if (!isDeepStrictEqual(others(read(text, source), ours), others(read(merged, source), ours))) {
    throw unusable(source, 'cannot be changed without damage to its other entries');
  }
  return { text: merged, current: String(document.get('current-context')), notes };
}

/**
 * Adds entries to the text of a kubeconfig. Everything else stays as it is, including comments. This is checked before
 * the text is returned.
 */
export function mergeEntries(text: string, entries: readonly KubeconfigEntry[], source: string): MergedKubeconfig {
  try {
    return merge(text, entries, source);
  } catch (error) {
    // Very deep nesting exhausts the stack, and the parser rejects too many aliases.
    throw error instanceof CliError
      ? error
      : unusable(source, 'is not a kubeconfig: it is nested too deeply or has too many aliases');
  }
}
