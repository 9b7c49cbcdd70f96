import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { tryCommand } from '../run/command.ts';
import { machineLockHeld } from '../run/machine-lock.ts';
import { mountsBelow, unmountBelow } from '../run/mounts.ts';
import type { Run } from '../run/run-directory.ts';
import { waitUntil } from '../run/wait.ts';
import { removeCgroup } from './cgroups.ts';
import { DEVICE_PLUGIN_SOCKET, acceptsConnections } from './device-plugin-socket.ts';
import { NODE_LOCK, nodeNames } from './node-names.ts';

// The deepest first. Each is removed only if it is empty.
const MADE_ON_THE_WAY = [
  '/var/lib/kubelet/device-plugins',
  '/var/lib/kubelet',
  '/var/log/containers',
  '/var/lib/cni/results',
  '/var/lib/cni',
  '/run/containerd/s',
  '/run/containerd',
];

/**
 * Removes what the node of a run left on the machine outside its directory: containers and their shims, mounts, cgroups,
 * the bridge and small files. It only uses names, so it works both for a stop and for a sweep by a later run. Keeps
 * directories that the node of another run may be about to use, unless `holdsLock` rules that out.
 */
export async function removeNodeRemains(run: Run, options: { holdsLock?: boolean } = {}): Promise<void> {
  const names = nodeNames(run);
  if (process.platform !== 'linux' || !existsSync(names.containerdDirectory)) return;
  await removeCgroup(names.cgroup);
  await endShims(names.containerdSocket);
  for (const task of tasksOf(names.containerdDirectory)) removeShimSocket(task);
  await unmountBelow(run.directory);
  if (existsSync(`/sys/class/net/${names.bridge}`)) await tryCommand('ip', ['link', 'delete', names.bridge]);
  removeNetworkResults(names.containerdDirectory);
  removeLogLinks(names.podLogs);
  await removeDevicePluginSocket();
  if (options.holdsLock || !(await machineLockHeld(NODE_LOCK))) {
    for (const directory of MADE_ON_THE_WAY) removeIfEmpty(directory);
  }
  // Without the lock, nothing above may be repeated: the next run may already have a node in the same shared places.
  if (mountsBelow(names.containerdDirectory).length === 0)
    rmSync(names.containerdDirectory, { recursive: true, force: true });
}

/** Ends the shims of the run's containerd. Each has the socket on its command line. */
async function endShims(socket: string): Promise<void> {
  await waitUntil(
    () => {
      const shims = shimsOf(socket);
      for (const pid of shims) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          /* already ended */
        }
      }
      return shims.length === 0;
    },
    5_000,
    20,
  );
}

function shimsOf(socket: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return path.basename(args[0] ?? '').startsWith('containerd-shim') && args.includes(socket);
      } catch {
        return false;
      }
    });
}

function tasksOf(containerdDirectory: string): string[] {
  const directory = path.join(containerdDirectory, 'state', 'io.containerd.runtime.v2.task', 'k8s.io');
  return existsSync(directory) ? readdirSync(directory).map((id) => path.join(directory, id)) : [];
}

// The socket of a shim is in a directory that all containerds of the machine share. A file of the shim names it.
function removeShimSocket(task: string): void {
  const note = path.join(task, 'address');
  if (!existsSync(note)) return;
  const socket = readFileSync(note, 'utf8')
    .trim()
    .replace(/^unix:\/\//, '');
  if (socket.startsWith('/run/containerd/s/')) rmSync(socket, { force: true });
}

// libcni records the addresses of each pod in a directory of the machine. A record names the network namespace of the
// pod, which is in the directory of containerd. The pod may have ended before its record was removed.
function removeNetworkResults(containerdDirectory: string): void {
  const directory = '/var/lib/cni/results';
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    const file = path.join(directory, name);
    try {
      if (readFileSync(file, 'utf8').includes(`"${containerdDirectory}/`)) rmSync(file, { force: true });
    } catch {
      /* removed meanwhile */
    }
  }
}

// The only socket that a kubelet always creates outside its root directory.
async function removeDevicePluginSocket(): Promise<void> {
  if (existsSync(DEVICE_PLUGIN_SOCKET) && !(await acceptsConnections(DEVICE_PLUGIN_SOCKET)))
    rmSync(DEVICE_PLUGIN_SOCKET, { force: true });
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    /* missing, or used by something else */
  }
}

// The kubelet creates these links for log collectors, in a fixed directory.
function removeLogLinks(podLogs: string): void {
  const directory = '/var/log/containers';
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    const link = path.join(directory, name);
    try {
      if (readlinkSync(link).startsWith(`${podLogs}/`)) rmSync(link, { force: true });
    } catch {
      /* not a link, so not the kubelet's */
    }
  }
}
