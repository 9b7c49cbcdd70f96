import type { ClusterConfig } from '@sallyport/contracts';
import { askReach } from '../calls/ask-reach.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';

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
