import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Run } from '../run/run-directory.ts';

/** Held by whoever runs the machine's one node. */
export const NODE_LOCK = 'kubernetes-node';

/** What a node puts on the machine outside its directory, all of it named after the run. */
export type NodeNames = {
  nodeName: string;
  bridge: string;
  network: string;
  cgroup: string;
  /** Below which containerd keeps its state and sockets. */
  containerdDirectory: string;
  containerdSocket: string;
  kubeletDirectory: string;
  podLogs: string;
};

export function nodeNames(run: Run): NodeNames {
  const containerdDirectory = path.join(run.directory, 'containerd');
  return {
    nodeName: 'bed-node',
    bridge: `spb-${run.id}`,
    network: `sallyport-${run.id}`,
    cgroup: `sallyport-${run.id}`,
    containerdDirectory,
    containerdSocket: path.join(containerdDirectory, 'c.sock'),
    kubeletDirectory: path.join(run.directory, 'kubelet'),
    podLogs: path.join(run.directory, 'pod-logs'),
  };
}

/** Three octets of a /24 for the run's pods; `attempt` gives another when that one is taken. */
export function podNetwork(runId: string, attempt = 0): string {
  const digest = createHash('sha256').update(`${runId}/${attempt}`).digest();
  return `10.${192 + (digest[0]! % 60)}.${digest[1]!}`;
}
