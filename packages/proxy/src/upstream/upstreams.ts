import type { Upstream } from './upstream.ts';

/** The clusters that this gateway reaches. */
export type Upstreams = {
  byName(name: string): Upstream | undefined;
  /** By the Host header (port ignored, case folded). */
  byHost(host: string): Upstream | undefined;
  all(): readonly Upstream[];
  close(): Promise<void>;
};

/** Puts upstreams where they are found by name and by host. */
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
