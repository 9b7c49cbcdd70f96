import { existsSync } from 'node:fs';
import { tryCommand } from '../run/command.ts';
import { machineLockHeld } from '../run/machine-lock.ts';
import { hierarchies } from './cgroups.ts';
import { DEVICE_PLUGIN_SOCKET, acceptsConnections } from './device-plugin-socket.ts';
import { NODE_LOCK } from './node-names.ts';

/** Returns why this machine cannot run a Kubernetes node, or undefined if it finds no obstacle. */
export async function nodeObstacle(ip: string): Promise<{ why: string; hint: string } | undefined> {
  if (process.platform !== 'linux')
    return { why: 'a Kubernetes node needs Linux', hint: 'Run this on a Linux machine.' };
  if (process.getuid?.() !== 0)
    return { why: 'a Kubernetes node needs root', hint: 'Run this as root (in a container: privileged).' };
  if (hierarchies().length === 0 || !existsSync('/proc/self/ns/net')) {
    return {
      why: 'the kernel does not provide cgroups or network namespaces',
      hint: 'Mount /sys/fs/cgroup, or use another machine.',
    };
  }
  if ((await acceptsConnections(DEVICE_PLUGIN_SOCKET)) && !(await machineLockHeld(NODE_LOCK))) {
    return {
      why: 'this machine is already a Kubernetes node, and a second kubelet would take its sockets',
      hint: 'Run this on another machine.',
    };
  }
  return bridgeObstacle(ip);
}

/** Returns why Services cannot work on this machine, or undefined if there is no obstacle. */
export async function serviceObstacle(iptables: string): Promise<{ why: string; hint: string } | undefined> {
  const tried = await tryCommand('unshare', ['--net', '--', iptables, '-w', '-t', 'nat', '-S']);
  if (tried.code === 0) return undefined;
  return {
    why: `cannot write rules for Services: ${tried.stderr.trim()}`,
    hint: 'Run this privileged, on a kernel with nf_tables and NAT.',
  };
}

async function bridgeObstacle(ip: string): Promise<{ why: string; hint: string } | undefined> {
  const trial = `spb-try${process.pid % 10_000}`;
  const made = await tryCommand(ip, ['link', 'add', trial, 'type', 'bridge']);
  if (made.code !== 0)
    return {
      why: `cannot create a bridge: ${made.stderr.trim()}`,
      hint: 'Give the container the NET_ADMIN capability, and load the bridge module of the kernel.',
    };
  await tryCommand(ip, ['link', 'delete', trial]);
  return undefined;
}
