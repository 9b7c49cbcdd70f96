import { serverAddress, type GatewayAddress } from '../gateway/gateway-address.ts';
import { readIfThere } from '../home/home.ts';

type Named = {
  name?: unknown;
  context?: { cluster?: unknown; namespace?: unknown } | null;
  cluster?: { server?: unknown } | null;
} | null;
type Kubeconfig = { 'current-context'?: unknown; contexts?: unknown; clusters?: unknown } | null | undefined;

/** A cluster behind a gateway, and the default namespace of a context. */
type ContextPlace = { gateway: GatewayAddress; cluster: string; namespace?: string };

/** A context of kubectl. `place` is absent if its server is not the address of a cluster behind a gateway. */
type KubectlContext = { name: string; server?: string; place?: ContextPlace };

const items = (list: unknown): Named[] => (Array.isArray(list) ? (list as Named[]) : []);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

async function readKubeconfigs(files: readonly string[]): Promise<Kubeconfig[]> {
  const texts = files.map((file) => {
    try {
      return readIfThere(file) ?? '';
    } catch {
      return ''; // kubectl itself reports what is wrong with this kubeconfig
    }
  });
  // The parser takes time to load, and most commands run without a kubeconfig or with a single one.
  if (texts.every((text) => text === '')) return [];
  const { parseDocument } = await import('yaml');
  return texts.map((text): Kubeconfig => {
    try {
      const document = parseDocument(text, { prettyErrors: false });
      return document.errors.length > 0 ? undefined : (document.toJS({ maxAliasCount: 100 }) as Kubeconfig);
    } catch {
      return undefined;
    }
  });
}

function placeOf(server: string, namespace: unknown): ContextPlace | undefined {
  try {
    const { cluster, ...gateway } = serverAddress(server);
    return cluster === undefined ? undefined : { gateway, cluster, ...(isText(namespace) ? { namespace } : {}) };
  } catch {
    return undefined;
  }
}

function contextIn(read: readonly Kubeconfig[], name: string): KubectlContext | undefined {
  const named = (list: 'contexts' | 'clusters', wanted: unknown) =>
    read.flatMap((one) => items(one?.[list])).find((one) => one?.name === wanted);
  const context = named('contexts', name)?.context;
  if (context == null) return undefined;
  const server = named('clusters', context.cluster)?.cluster?.server;
  if (!isText(server)) return { name };
  const place = placeOf(server, context.namespace);
  return { name, server, ...(place === undefined ? {} : { place }) };
}

/**
 * Returns the named context of kubectl, or by default its current one. Returns undefined if there is no such context. If
 * several files set a value, the first one counts, as for kubectl.
 */
export async function kubectlContext(files: readonly string[], wanted?: string): Promise<KubectlContext | undefined> {
  const read = await readKubeconfigs(files);
  const name = wanted ?? read.map((one) => one?.['current-context']).find(isText);
  return name === undefined ? undefined : contextIn(read, name);
}

/** Returns all contexts of kubectl, in the order of the files. */
export async function kubectlContexts(files: readonly string[]): Promise<KubectlContext[]> {
  const read = await readKubeconfigs(files);
  return read
    .flatMap((one) => items(one?.contexts))
    .map((one) => one?.name)
    .filter((name, index, all): name is string => isText(name) && all.indexOf(name) === index)
    .map((name) => contextIn(read, name))
    .filter((context) => context !== undefined);
}
