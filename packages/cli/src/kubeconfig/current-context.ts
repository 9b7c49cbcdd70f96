import { serverAddress, type ServerAddress } from '../gateway/gateway-address.ts';
import { readIfThere } from '../home/home.ts';

type Named = {
  name?: unknown;
  context?: { cluster?: unknown; namespace?: unknown } | null;
  cluster?: { server?: unknown } | null;
} | null;
type Kubeconfig = { 'current-context'?: unknown; contexts?: unknown; clusters?: unknown } | null | undefined;

const items = (list: unknown): Named[] => (Array.isArray(list) ? (list as Named[]) : []);

/** A cluster behind a gateway, and its default namespace. */
type CurrentContext = ServerAddress & { cluster: string; namespace?: string };

/**
 * Returns the current context of kubectl, if it has the address of a cluster behind a gateway. If several files set a
 * value, the first one counts, as for kubectl.
 */
export async function currentContext(files: readonly string[]): Promise<CurrentContext | undefined> {
  const { parseDocument } = await import('yaml');
  const read = files.map((file): Kubeconfig => {
    try {
      const document = parseDocument(readIfThere(file) ?? '', { prettyErrors: false });
      return document.errors.length > 0 ? undefined : (document.toJS({ maxAliasCount: 100 }) as Kubeconfig);
    } catch {
      return undefined; // kubectl itself reports what is wrong with this kubeconfig
    }
  });
  const current = read.map((one) => one?.['current-context']).find((name) => typeof name === 'string' && name !== '');
  const named = (list: 'contexts' | 'clusters', name: unknown) =>
    read.flatMap((one) => items(one?.[list])).find((one) => one?.name === name);
  const context = named('contexts', current)?.context;
  const server = named('clusters', context?.cluster)?.cluster?.server;
  if (current === undefined || typeof server !== 'string') return undefined;
  try {
    const { cluster, ...address } = serverAddress(server);
    if (cluster === undefined) return undefined;
    return {
      ...address,
      cluster,
      ...(typeof context?.namespace === 'string' && context.namespace !== '' ? { namespace: context.namespace } : {}),
    };
  } catch {
    return undefined;
  }
}
