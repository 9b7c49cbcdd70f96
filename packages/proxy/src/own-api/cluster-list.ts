import type { ClusterConfig } from '@sallyport/contracts';

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
