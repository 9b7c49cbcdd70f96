import type { Config } from '@sallyport/contracts';

/** The clusters and their addresses, as `sallyport clusters` and `sallyport kubeconfig` need them. */
export function createClusterList(config: Pick<Config, 'gateway' | 'clusters'>): () => { name: string; url: string; host?: string }[] {
  const list = config.clusters.map((cluster) => ({ name: cluster.name, url: `${config.gateway.url}/clusters/${cluster.name}`, ...(cluster.host == null ? {} : { host: cluster.host }) }));
  return () => list;
}
