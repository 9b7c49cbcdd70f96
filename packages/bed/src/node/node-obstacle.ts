import { existsSync } from 'node:fs';
import { tryCommand } from '../run/command.ts';
import { machineLockHeld } from '../run/machine-lock.ts';
import { hierarchies } from './cgroups.ts';
import { DEVICE_PLUGIN_SOCKET, acceptsConnections } from './device-plugin-socket.ts';
import { NODE_LOCK } from './node-names.ts';

/** Says why this machine cannot carry a Kubernetes node, or nothing if it can as far as can be told beforehand. */
export async function nodeObstacle(ip: string): Promise<{ why: string; hint: string } | undefined> {
  if (process.platform !== 'linux')
    return { why: 'a Kubernetes node needs Linux', hint: 'run this on a Linux machine' };
  if (process.getuid?.() !== 0)
    return { why: 'a Kubernetes node needs root', hint: 'run this as root (in a container: privileged)' };
  if (hierarchies().length === 0 || !existsSync('/proc/self/ns/net')) {
    return {
      why: 'the kernel offers no cgroups or no network namespaces',
      hint: 'mount /sys/fs/cgroup, or run on another machine',
    };
  }
  if ((await acceptsConnections(DEVICE_PLUGIN_SOCKET)) && !(await machineLockHeld(NODE_LOCK))) {
    return {
      why: 'this machine is a Kubernetes node already, and a second kubelet would take its sockets',
      hint: 'run this on another machine',
    };
  }
  return bridgeObstacle(ip);
}

async function bridgeObstacle(ip: string): Promise<{ why: string; hint: string } | undefined> {
  const trial = `spb-try${process.pid % 10_000}`;
  const made = await tryCommand(ip, ['link', 'add', trial, 'type', 'bridge']);
  if (made.code !== 0)
    return {
      why: `no bridge can be made: ${made.stderr.trim()}`,
      hint: 'give the container the NET_ADMIN capability and the kernel its bridge module',
    };
  await tryCommand(ip, ['link', 'delete', trial]);
  return undefined;
}
