import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Run } from '../run/run-directory.ts';

/** The lock of the process that runs the only node of the machine. */
export const NODE_LOCK = 'kubernetes-node';

/** The names of what a node creates outside its directory, all derived from the run. */
export type NodeNames = {
  nodeName: string;
  /** The interface to the pods: a bridge, or this machine's end of the link to the namespace of the node. */
  bridge: string;
  network: string;
  cgroup: string;
  /** The directory of containerd's state and sockets. */
  containerdDirectory: string;
  containerdSocket: string;
  /** Where the network namespace of the node is mounted, if it has one. */
  networkNamespace: string;
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
    networkNamespace: path.join(containerdDirectory, 'node.netns'),
    kubeletDirectory: path.join(run.directory, 'kubelet'),
    podLogs: path.join(run.directory, 'pod-logs'),
  };
}

/** Returns three octets of a /24 for the run's pods. If they are taken, try the next `attempt`. */
export function podNetwork(runId: string, attempt = 0): string {
  const digest = createHash('sha256').update(`${runId}/${attempt}`).digest();
  return `10.${192 + (digest[0]! % 60)}.${digest[1]!}`;
}
