import type { Upstream } from './upstream.ts';

/** The clusters of this gateway. */
export type Upstreams = {
  byName(name: string): Upstream | undefined;
  /** Finds a cluster by the Host header. The port is ignored, and so is the case. */
  byHost(host: string): Upstream | undefined;
  all(): readonly Upstream[];
  close(): Promise<void>;
};

/** Creates the lookup of upstreams by name and by host. */
export function createUpstreams(list: readonly Upstream[]): Upstreams {
  const names = new Map(list.map((one) => [one.name, one]));
  const hosts = new Map(list.filter((one) => one.host !== undefined).map((one) => [one.host!, one]));
  return {
    byName: (name) => names.get(name),
    byHost(host) {
      if (hosts.size === 0) return undefined;
      return hosts.get(host.toLowerCase().replace(/:\d+$/, ''));
    },
    all: () => list,
    close: async () => void (await Promise.all(list.map((one) => one.close()))),
  };
}
