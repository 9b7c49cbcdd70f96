import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import path from 'node:path';
import { tryCommand } from '../run/command.ts';
import { unmountBelow } from '../run/mounts.ts';
import type { Run } from '../run/run-directory.ts';
import { waitUntil } from '../run/wait.ts';
import { removeCgroup } from './cgroups.ts';
import { nodeNames } from './node-names.ts';

/**
 * Removes all that a run's node left on the machine outside its directory: containers and their shims, mounts,
 * cgroups, the bridge and small files. Goes by names alone, so it serves a stop and a later run's sweep alike.
 */
export async function removeNodeRemains(run: Run): Promise<void> {
  const names = nodeNames(run);
  if (process.platform !== 'linux' || !existsSync(names.containerdDirectory)) return;
  await removeCgroup(names.cgroup);
  await endShims(names.containerdSocket);
  removeShimSockets(names.containerdDirectory);
  await unmountBelow(run.directory);
  if (existsSync(`/sys/class/net/${names.bridge}`)) await tryCommand('ip', ['link', 'delete', names.bridge]);
  removeNetworkResults(names.network);
  removeLogLinks(names.podLogs);
}

/** Ends the shims that serve the run's containerd; each names its socket on its command line. */
export async function endShims(socket: string): Promise<void> {
  await waitUntil(() => {
    const shims = shimsOf(socket);
    for (const pid of shims) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch { /* gone by itself */ }
    }
    return shims.length === 0;
  }, 5_000, 20);
}

function shimsOf(socket: string): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return path.basename(args[0] ?? '').startsWith('containerd-shim') && args.includes(socket);
    } catch {
      return false;
    }
  });
}

// A shim's socket lies in a directory that all containerds of the machine share; its own notes tell which one it is.
function removeShimSockets(containerdDirectory: string): void {
  const tasks = path.join(containerdDirectory, 'state', 'io.containerd.runtime.v2.task', 'k8s.io');
  if (!existsSync(tasks)) return;
  for (const task of readdirSync(tasks)) {
    const note = path.join(tasks, task, 'address');
    if (!existsSync(note)) continue;
    const socket = readFileSync(note, 'utf8').trim().replace(/^unix:\/\//, '');
    if (socket.startsWith('/run/containerd/s/')) rmSync(socket, { force: true });
  }
}

// libcni remembers what each pod was given in a directory of the machine's own.
function removeNetworkResults(network: string): void {
  const directory = '/var/lib/cni/results';
  if (!existsSync(directory)) return;
  for (const file of readdirSync(directory)) {
    if (file.startsWith(`${network}-`)) rmSync(path.join(directory, file), { force: true });
  }
}

// The kubelet makes these links for log collectors, in a place of its own choosing.
function removeLogLinks(podLogs: string): void {
  const directory = '/var/log/containers';
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    const link = path.join(directory, name);
    try {
      if (readlinkSync(link).startsWith(`${podLogs}/`)) rmSync(link, { force: true });
    } catch { /* not a link, so not the kubelet's */ }
  }
}
