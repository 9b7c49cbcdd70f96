import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';

/** Everything that a process has started and that its starters still know; empty where /proc does not tell. */
function descendantsOf(pid: number): number[] {
  let children: number[] = [];
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter((text) => text !== '')
      .map(Number);
  } catch {
    // Not Linux, or gone in this moment.
  }
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Ends a command that runs in a shell, and what it runs: a shell that is told to end leaves that behind. */
export function endCommand(shell: ChildProcess): void {
  const all = shell.pid === undefined ? [] : descendantsOf(shell.pid);
  shell.kill('SIGTERM');
  for (const pid of all) {
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // It has ended by itself.
    }
  }
}
