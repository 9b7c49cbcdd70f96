import { existsSync, readFileSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { hierarchies } from '../node/cgroups.ts';

const NETWORK_RESULTS = '/var/lib/cni/results';
const SHARED_DIRECTORIES = ['/var/log/containers', '/run/containerd/s', '/var/lib/kubelet/device-plugins'];

/**
 * Returns what exists of a run on the machine: processes, mounts, cgroups and its bridge, and in shared places, where
 * names do not contain the run, everything that did not exist `before`.
 */
export function traces(runId: string, before: readonly string[] = []): string[] {
  const named = (text: string): boolean => text.includes(runId);
  return [
    ...processes()
      .filter(named)
      .map((each) => `process ${each}`),
    ...readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter(named)
      .map((each) => `mount ${each}`),
    ...hierarchies().flatMap((root) =>
      readdirSync(root)
        .filter(named)
        .map((each) => `cgroup ${path.join(root, each)}`),
    ),
    ...readdirSync('/sys/class/net')
      .filter((name) => named(name) || name.startsWith('veth'))
      .map((each) => `network interface ${each}`),
    ...filesIn(NETWORK_RESULTS).filter((file) => named(textOf(file))),
    ...SHARED_DIRECTORIES.flatMap(filesIn),
    ...readdirSync(os.tmpdir())
      .filter(named)
      .map((each) => `file ${each}`),
  ].filter((trace) => !before.includes(trace));
}

function filesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).map((name) => path.join(directory, name)) : [];
}

/** Reads a file that another run may remove meanwhile. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function processes(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return [`${pid} ${command}`];
      } catch {
        return [];
      }
    });
}
