import type { ClusterConfig } from '@sallyport/contracts';

/** The clusters and their addresses as they are now, as `sallyport clusters` and `sallyport kubeconfig` need them. */
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
