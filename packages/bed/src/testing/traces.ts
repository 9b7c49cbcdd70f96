import { existsSync, readFileSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { hierarchies } from '../node/cgroups.ts';

const SHARED_DIRECTORIES = [
  '/var/lib/cni/results',
  '/var/log/containers',
  '/run/containerd/s',
  '/var/lib/kubelet/device-plugins',
];

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
    ...SHARED_DIRECTORIES.flatMap((directory) =>
      existsSync(directory) ? readdirSync(directory).map((each) => path.join(directory, each)) : [],
    ),
    ...readdirSync(os.tmpdir())
      .filter(named)
      .map((each) => `file ${each}`),
  ].filter((trace) => !before.includes(trace));
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
