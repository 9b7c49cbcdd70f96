import type { Socket } from 'node:net';
import type { ClusterConfig, Config } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import { fingerprint } from './fingerprint.ts';
import type { Through } from '../connectors/connector-way.ts';
import { readClusterAccess } from '../upstream/read-cluster-access.ts';
import { createUpstream, type Upstream, createUpstreams, type Upstreams } from '../upstream/upstream.ts';

type ClusterSetDeps = {
  resolvePath: (file: string) => string;
  timeouts: Config['timeouts'];
  logger: Logger;
  now: () => number;
  through: Through;
};

/** The clusters of this gateway, which can change while it runs. */
export type ClusterSet = {
  upstreams: Upstreams;
  current(): readonly ClusterConfig[];
  /**
   * Replaces the clusters by these: by all of them, or none if one is faulty (ConfigFaults). The connections of a removed
   * cluster are cut. A changed cluster finishes the requests in flight.
   */
  replace(clusters: readonly ClusterConfig[]): Promise<void>;
};

type Member = { print: string; cluster: ClusterConfig; upstream: Upstream };

/** Tracks the connections of upgrades, so that they can be cut when the cluster is removed. */
function withCut(upstream: Upstream): Upstream {
  const open = new Set<Socket>();
  return {
    ...upstream,
    connect() {
      const socket = upstream.connect();
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      return socket;
    },
    async close() {
      for (const socket of open) socket.destroy();
      await upstream.close();
    },
  };
}

/** Creates the set with its initial clusters. */
export async function createClusterSet(clusters: readonly ClusterConfig[], deps: ClusterSetDeps): Promise<ClusterSet> {
  let members = new Map<string, Member>();
  let found = createUpstreams([]);

  const reach = async (cluster: ClusterConfig): Promise<Member> => {
    const { caFile, clientCertFile, clientKeyFile, kubeconfig } = cluster;
    const print = await fingerprint(cluster, [caFile, clientCertFile, clientKeyFile, kubeconfig], deps);
    const known = members.get(cluster.name);
    if (known?.print === print) return { ...known, cluster };
    const access = await readClusterAccess(cluster, deps);
    return { print, cluster, upstream: withCut(createUpstream({ cluster, access, timeouts: deps.timeouts })) };
  };
  const reachAll = async (wanted: readonly ClusterConfig[]) => {
    const outcomes = await Promise.allSettled(wanted.map(reach));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    const reached = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    if (!failed) return reached;
    for (const { cluster, upstream } of reached)
      if (members.get(cluster.name)?.upstream !== upstream) await upstream.close();
    throw failed.reason;
  };
  const replace = async (wanted: readonly ClusterConfig[]) => {
    const before = members;
    members = new Map((await reachAll(wanted)).map((member) => [member.cluster.name, member]));
    found = createUpstreams([...members.values()].map(({ upstream }) => upstream));
    for (const [name, { upstream }] of before) {
      const now = members.get(name);
      if (!now) await upstream.close();
      else if (now.upstream !== upstream) upstream.retire();
    }
  };
  await replace(clusters);
  return {
    replace,
    current: () => [...members.values()].map(({ cluster }) => cluster),
    upstreams: {
      byName: (name) => found.byName(name),
      byHost: (host) => found.byHost(host),
      all: () => found.all(),
      close: () => found.close(),
    },
  };
}
