import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { waitUntil } from '../run/wait.ts';

const ROOT = '/sys/fs/cgroup';

/** Returns the roots of the machine's cgroup hierarchies: one for version 2, one per controller for version 1. */
export function hierarchies(root: string = ROOT): string[] {
  if (existsSync(path.join(root, 'cgroup.controllers'))) return [root];
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(root, entry.name, 'cgroup.procs')))
    .map((entry) => path.join(root, entry.name));
}

/** By the name of the controller's file: the weight of about sixteen processes. */
const weights = { 'cpu.shares': 16 * 1024, 'cpu.weight': 16 * 100 };

/**
 * Creates a cgroup in every hierarchy. Without a weight, everything in it would get no more of a busy processor than a
 * single process outside of it.
 */
export function createCgroup(name: string): void {
  for (const root of hierarchies()) {
    // In version 2, a child only has the controllers that its parent enables.
    if (root === ROOT) passControllersOn(root);
    mkdirSync(path.join(root, name), { recursive: true });
    if (root === ROOT) passControllersOn(path.join(root, name));
    for (const [file, weight] of Object.entries(weights))
      if (existsSync(path.join(root, name, file))) writeFileSync(path.join(root, name, file), String(weight));
  }
}

/** Kills the processes of a cgroup and removes it, if it exists. */
export async function removeCgroup(name: string): Promise<void> {
  const roots = hierarchies()
    .map((root) => path.join(root, name))
    .filter((directory) => existsSync(directory));
  await waitUntil(() => killAll(roots) === 0, 10_000, 50);
  // The kernel releases a cgroup a moment after its last process ends.
  const removed = await waitUntil(() => roots.every((root) => removeTree(root)), 10_000, 50);
  if (!removed) throw new Error(`cannot remove cgroup ${name}`);
}

function passControllersOn(directory: string): void {
  const controllers = readFileSync(path.join(directory, 'cgroup.controllers'), 'utf8')
    .trim()
    .split(' ')
    .filter((name) => name !== '');
  writeFileSync(path.join(directory, 'cgroup.subtree_control'), controllers.map((name) => `+${name}`).join(' '));
}

function killAll(roots: readonly string[]): number {
  const pids = new Set(roots.flatMap((root) => below(root).flatMap((directory) => processesIn(directory))));
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      /* already removed */
    }
  }
  return pids.size;
}

function processesIn(directory: string): number[] {
  try {
    return readFileSync(path.join(directory, 'cgroup.procs'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  } catch {
    return [];
  }
}

/** Returns a directory and everything below it, the deepest first. */
function below(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap((entry) => below(path.join(directory, entry.name))), directory];
}

function removeTree(directory: string): boolean {
  for (const each of below(directory)) {
    try {
      rmdirSync(each);
    } catch {
      return false;
    }
  }
  return true;
}
