import { readKeySet } from './key-set.ts';
import type { KeySource } from './key-source.ts';

/**
 * Creates the source of a cluster's ServiceAccount tokens. The proxy reads the issuer and the keys from the cluster and
 * sends them with the token, because only the proxy has access to clusters.
 */
export function createClusterSource(cluster: string): KeySource {
  const own = (given: Parameters<KeySource['recognizes']>[1]) => given.find((one) => one.cluster === cluster);
  return {
    id: `cluster/${cluster}`,
    recognizes: ({ iss }, given) => own(given)?.issuer === iss,
    keyFor: async (keyId, given) => readKeySet({ keys: own(given)?.keys ?? [] })?.get(keyId),
  };
}
