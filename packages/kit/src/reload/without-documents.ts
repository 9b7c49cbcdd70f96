import type { Config } from '@sallyport/contracts';

/** Returns a configuration without its policies, which may be most of its size. */
export function withoutDocuments(config: Config): Config {
  return {
    ...config,
    policies: {},
    policy: undefined,
    shadow: undefined,
    api: { ...config.api, policy: {} },
    clusters: config.clusters.map((cluster) => ({
      ...cluster,
      policy: undefined,
      shadow: undefined,
      namespaces: undefined,
    })),
  };
}
