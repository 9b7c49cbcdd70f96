import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';

/** Returns the descendants of a process, or nothing if /proc does not list them. */
function descendantsOf(pid: number): number[] {
  let children: number[] = [];
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter((text) => text !== '')
      .map(Number);
  } catch {
    // Not on Linux, or the process has just ended.
  }
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Ends a command that runs in a shell, and its child processes, which a terminated shell would leave behind. */
export function endCommand(shell: ChildProcess): void {
  const all = shell.pid === undefined ? [] : descendantsOf(shell.pid);
  shell.kill('SIGTERM');
  for (const pid of all) {
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // It has already ended.
    }
  }
}
