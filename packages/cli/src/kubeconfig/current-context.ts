import { serverAddress, type GatewayAddress } from '../gateway/gateway-address.ts';
import { readIfThere } from '../home/home.ts';

type Named = { name?: unknown; context?: { cluster?: unknown; namespace?: unknown } | null; cluster?: { server?: unknown } | null } | null;
type Kubeconfig = { 'current-context'?: unknown; contexts?: unknown; clusters?: unknown } | null | undefined;

const items = (list: unknown): Named[] => (Array.isArray(list) ? list as Named[] : []);

/** Where kubectl would go now, if that is a cluster behind this gateway: of several files the first that says something counts, as for kubectl. */
export async function currentContext(files: readonly string[], address: GatewayAddress): Promise<{ cluster: string; namespace?: string } | undefined> {
  const { parseDocument } = await import('yaml');
  const read = files.map((file): Kubeconfig => {
    try {
      const document = parseDocument(readIfThere(file) ?? '', { prettyErrors: false });
      return document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 }) as Kubeconfig;
    } catch {
      return undefined; // kubectl itself will say what is wrong with it
    }
  });
  const current = read.map((one) => one?.['current-context']).find((name) => typeof name === 'string' && name !== '');
  const named = (list: 'contexts' | 'clusters', name: unknown) => read.flatMap((one) => items(one?.[list])).find((one) => one?.name === name);
  const context = named('contexts', current)?.context;
  const server = named('clusters', context?.cluster)?.cluster?.server;
  if (current === undefined || typeof server !== 'string') return undefined;
  try {
    const { origin, cluster } = serverAddress(server);
    if (origin !== address.origin || cluster === undefined) return undefined;
    return { cluster, ...(typeof context?.namespace === 'string' && context.namespace !== '' ? { namespace: context.namespace } : {}) };
  } catch {
    return undefined;
  }
}
