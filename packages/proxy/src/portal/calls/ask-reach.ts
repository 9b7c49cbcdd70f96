import { clustersResponseSchema, type ClustersRequest, type ClusterConfig } from '@sallyport/contracts';
import type { ListedCluster, PortalDeps } from './portal-deps.ts';
import { readAnswer } from './read-body.ts';

/** The names of clusters and the hosts of web applications that might allow a caller something. */
export type Reach = { clusters: ReadonlySet<string>; routes: ReadonlySet<string> };

/** Asks authorize what the caller can reach at all. Web applications are listed only if `routes` is true. */
export async function askReach(
  { authorize }: Pick<PortalDeps, 'authorize'>,
  { hash }: { hash: string },
  { routes }: { routes: boolean },
): Promise<Reach> {
  const answer = await authorize.request({
    method: 'POST',
    path: '/v1/clusters',
    body: { credential: { kind: 'token', hash }, routes: routes || undefined } satisfies ClustersRequest,
    timeoutMs: 5000,
  });
  const { clusters, routes: hosts } = readAnswer(clustersResponseSchema, answer, 'The list of clusters');
  return { clusters: new Set(clusters), routes: new Set(hosts) };
}

/** Creates the list of current clusters and their addresses, for `sallyport clusters` and `sallyport kubeconfig`. */
export function createClusterList(deps: {
  gatewayUrl: string;
  clusters: () => readonly ClusterConfig[];
  watchesOver(cluster: string): string | undefined;
}): () => ListedCluster[] {
  return () =>
    deps.clusters().map(({ name, host, connector }) => {
      const watches = deps.watchesOver(name);
      return {
        name,
        url: `${deps.gatewayUrl}/clusters/${name}`,
        ...(host == null ? {} : { host }),
        ...(connector == null ? {} : { connector }),
        ...(watches === undefined ? {} : { watches }),
      };
    });
}

/** A cluster as a person sees it. */
export type OwnCluster = Omit<ListedCluster, 'connector'> & { connector?: { connected: boolean; since?: number } };

/** Says of clusters behind a connector whether that is connected. They do not say its name. */
export async function withConnectors(
  listed: readonly ListedCluster[],
  { connectorStates }: Pick<PortalDeps, 'connectorStates'>,
): Promise<OwnCluster[]> {
  const isAsked = listed.some(({ connector }) => connector !== undefined);
  const states = new Map((isAsked ? await connectorStates?.() : undefined)?.map((one) => [one.name, one]));
  return listed.map(({ connector: name, ...cluster }) => {
    const state = name === undefined ? undefined : states.get(name);
    if (!state) return cluster;
    const { connected, since } = state;
    return { ...cluster, connector: { connected, ...(since === undefined ? {} : { since }) } };
  });
}

/**
 * Returns the clusters where the policy might allow the caller something. A caller does not learn about others, not even
 * that they exist.
 */
export async function ownClusters(
  deps: Pick<PortalDeps, 'authorize' | 'clusters' | 'connectorStates'>,
  credential: { hash: string },
): Promise<OwnCluster[]> {
  const { clusters } = await askReach(deps, credential, { routes: false });
  const own = deps.clusters().filter(({ name }) => clusters.has(name));
  return withConnectors(own, deps);
}
