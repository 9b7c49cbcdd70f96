import os from 'node:os';
import { writeFileSync } from 'node:fs';
import { runCommand } from '../run/command.ts';
import { entering } from '../run/managed-process.ts';
import type { Run } from '../run/run-directory.ts';
import { cniBridge, cniLinks, type CniNetwork } from './cni-network.ts';
import { podNetwork, type NodeNames } from './node-names.ts';

/** The network of a node and its pods. */
export type NodeNetwork = {
  /** Where the kubelet listens. */
  address: string;
  cni: CniNetwork;
  /** Set if the node is in a network namespace of its own, so that the rules for its Services are not the machine's. */
  services?: {
    networkNamespace: string;
    /** This machine's address in the network. Pods reach what listens on it. */
    hostAddress: string;
    podSubnet: string;
  };
};

type NetworkOptions = { ip: string; names: NodeNames; run: Run };

/** Creates a bridge on the machine for the pods, with the address of the node. Pods reach each other and the node. */
export async function createBridge({ ip, names, run }: NetworkOptions): Promise<NodeNetwork> {
  const network = freeNetwork(run.id);
  await runCommand(ip, ['link', 'add', names.bridge, 'type', 'bridge']);
  await runCommand(ip, ['address', 'add', `${network}.1/24`, 'dev', names.bridge]);
  await runCommand(ip, ['link', 'set', names.bridge, 'up']);
  return { address: `${network}.1`, cni: cniBridge({ names, network }) };
}

/**
 * Creates a network namespace for the node, and a link from the machine to it. The node routes between the link and its
 * pods, each of which has a link of its own. So every packet passes the node's rules for Services, also that of an
 * answer from a pod to another. Nothing leads from there to other networks.
 */
export async function createNodeNamespace({ ip, names, run }: NetworkOptions): Promise<NodeNetwork> {
  const network = freeNetwork(run.id);
  const [hostAddress, address, podSubnet] = [`${network}.1`, `${network}.2`, `${network}.128/25`];
  const { networkNamespace, bridge } = names;
  writeFileSync(networkNamespace, '');
  await runCommand('unshare', [`--net=${networkNamespace}`, '--', 'true']);
  const [nsenter, ...inside] = entering(networkNamespace);
  const onNode = (...args: string[]): Promise<string> => runCommand(nsenter!, [...inside, ...args]);
  const link = ['link', 'add', bridge, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', networkNamespace];
  await runCommand(ip, link);
  await runCommand(ip, ['address', 'add', `${hostAddress}/30`, 'dev', bridge]);
  await runCommand(ip, ['link', 'set', bridge, 'up']);
  await onNode(ip, 'link', 'set', 'lo', 'up');
  await onNode(ip, 'address', 'add', `${address}/30`, 'dev', 'eth0');
  await onNode(ip, 'link', 'set', 'eth0', 'up');
  await onNode(ip, 'route', 'add', 'default', 'via', hostAddress);
  await onNode('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  await runCommand(ip, ['route', 'add', podSubnet, 'via', address, 'dev', bridge]);
  const cni = cniLinks({ names, network });
  return { address, cni, services: { networkNamespace, hostAddress, podSubnet } };
}

function freeNetwork(runId: string): string {
  const taken = Object.values(os.networkInterfaces())
    .flatMap((each) => each ?? [])
    .map((each) => each.address);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const network = podNetwork(runId, attempt);
    if (!taken.some((address) => address.startsWith(`${network}.`))) return network;
  }
  throw new Error('no free private network for the pods');
}
