import { serverAddress, type GatewayAddress } from '../input/gateway-address.ts';
import { namedIn, readKubeconfigs, type Kubeconfig } from './read-kubeconfigs.ts';

/** A cluster behind a gateway, and the default namespace of a context. */
type ContextPlace = { gateway: GatewayAddress; cluster: string; namespace?: string };

/** A context of kubectl. `place` is absent if its server is not the address of a cluster behind a gateway. */
type KubectlContext = { name: string; server?: string; place?: ContextPlace };

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function placeOf(server: string, namespace: unknown): ContextPlace | undefined {
  try {
    const { cluster, ...gateway } = serverAddress(server);
    return cluster === undefined ? undefined : { gateway, cluster, ...(isText(namespace) ? { namespace } : {}) };
  } catch {
    return undefined;
  }
}

function contextIn(read: readonly Kubeconfig[], name: string): KubectlContext | undefined {
  const context = namedIn(read, 'contexts', name)?.context;
  if (context == null) return undefined;
  const server = namedIn(read, 'clusters', context.cluster)?.cluster?.server;
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
  const name = wanted ?? read.map(({ currentContext }) => currentContext).find(isText);
  return name === undefined ? undefined : contextIn(read, name);
}

/** Returns all contexts of kubectl, in the order of the files. */
export async function kubectlContexts(files: readonly string[]): Promise<KubectlContext[]> {
  const read = await readKubeconfigs(files);
  return read
    .flatMap(({ contexts }) => contexts)
    .map(({ name }) => name)
    .filter((name, index, all): name is string => isText(name) && all.indexOf(name) === index)
    .map((name) => contextIn(read, name))
    .filter((context) => context !== undefined);
}
