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

// Deeper ones first. Each is removed only when nothing is in it.
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
 * Removes all that a run's node left on the machine outside its directory: containers and their shims, mounts,
 * cgroups, the bridge and small files. Goes by names alone, so it serves a stop and a later run's sweep alike.
 * Directories that a node of another run may be about to use stay; `holdsLock` says that there is none.
 */
export async function removeNodeRemains(run: Run, options: { holdsLock?: boolean } = {}): Promise<void> {
  const names = nodeNames(run);
  if (process.platform !== 'linux' || !existsSync(names.containerdDirectory)) return;
  await removeCgroup(names.cgroup);
  await endShims(names.containerdSocket);
  const tasks = tasksOf(names.containerdDirectory);
  for (const task of tasks) removeShimSocket(task);
  await unmountBelow(run.directory);
  if (existsSync(`/sys/class/net/${names.bridge}`)) await tryCommand('ip', ['link', 'delete', names.bridge]);
  removeNetworkResults(
    names.network,
    tasks.map((task) => path.basename(task)),
  );
  removeLogLinks(names.podLogs);
  await removeDevicePluginSocket();
  if (options.holdsLock || !(await machineLockHeld(NODE_LOCK))) {
    for (const directory of MADE_ON_THE_WAY) removeIfEmpty(directory);
  }
  // Without it nothing above is done again: by then the next run may have a node here, in the same shared places.
  if (mountsBelow(names.containerdDirectory).length === 0)
    rmSync(names.containerdDirectory, { recursive: true, force: true });
}

/** Ends the shims that serve the run's containerd; each names its socket on its command line. */
export async function endShims(socket: string): Promise<void> {
  await waitUntil(
    () => {
      const shims = shimsOf(socket);
      for (const pid of shims) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          /* gone by itself */
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

// A shim's socket lies in a directory that all containerds of the machine share; its own notes tell which one it is.
function removeShimSocket(task: string): void {
  const note = path.join(task, 'address');
  if (!existsSync(note)) return;
  const socket = readFileSync(note, 'utf8')
    .trim()
    .replace(/^unix:\/\//, '');
  if (socket.startsWith('/run/containerd/s/')) rmSync(socket, { force: true });
}

// libcni remembers what each pod was given in a directory of the machine's own.
function removeNetworkResults(network: string, tasks: readonly string[]): void {
  const directory = '/var/lib/cni/results';
  if (!existsSync(directory)) return;
  const ours = (file: string): boolean =>
    file.startsWith(`${network}-`) || tasks.some((id) => file.startsWith(`cni-loopback-${id}-`));
  for (const file of readdirSync(directory)) {
    if (ours(file)) rmSync(path.join(directory, file), { force: true });
  }
}

// The one socket that a kubelet makes outside its root directory, whatever it is told.
async function removeDevicePluginSocket(): Promise<void> {
  if (existsSync(DEVICE_PLUGIN_SOCKET) && !(await acceptsConnections(DEVICE_PLUGIN_SOCKET)))
    rmSync(DEVICE_PLUGIN_SOCKET, { force: true });
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    /* not there, or somebody else's things are in it */
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
    } catch {
      /* not a link, so not the kubelet's */
    }
  }
}
