import type { OpenGateway } from '../gateway/open-gateway.ts';

/** Returns a kubeconfig with one context for each cluster. Its user has the token itself, and starts no program. */
export function tokenKubeconfig(
  { address, known }: Pick<OpenGateway, 'address' | 'known'>,
  {
    name,
    token,
    clusters,
    namespace,
  }: { name: string; token: string; clusters: readonly string[]; namespace?: string },
) {
  const authority = address.scheme === 'https' ? known.authorityOf(address) : undefined;
  const ca = authority === undefined ? {} : { 'certificate-authority-data': Buffer.from(authority).toString('base64') };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: clusters.map((cluster) => ({
      name: cluster,
      cluster: { server: `${address.origin}/clusters/${cluster}`, ...ca },
    })),
    users: [{ name, user: { token } }],
    contexts: clusters.map((cluster) => ({
      name: cluster,
      context: { cluster, user: name, ...(namespace === undefined ? {} : { namespace }) },
    })),
    'current-context': clusters[0],
  };
}
