import { clustersResponseSchema, type ClustersRequest, type ClusterConfig } from '@sallyport/contracts';
import type { PortalDeps } from './portal-deps.ts';
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
}): () => { name: string; url: string; host?: string }[] {
  return () =>
    deps.clusters().map(({ name, host }) => ({
      name,
      url: `${deps.gatewayUrl}/clusters/${name}`,
      ...(host == null ? {} : { host }),
    }));
}

/**
 * Returns the clusters where the policy might allow the caller something. A caller does not learn about others, not even
 * that they exist.
 */
export async function ownClusters(
  deps: Pick<PortalDeps, 'authorize' | 'clusters'>,
  credential: { hash: string },
): Promise<ReturnType<PortalDeps['clusters']>> {
  const { clusters } = await askReach(deps, credential, { routes: false });
  return deps.clusters().filter(({ name }) => clusters.has(name));
}
