import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

// A process id is reused after the process ends. Together with the start time it identifies one process.

/**
 * Returns the start time of the process `pid`, in the same format as the sh front: clock ticks since boot from /proc
 * (field 22 of proc(5) stat) on Linux, the output of ps elsewhere, and empty on Windows, where only the id is known.
 * Returns undefined if there is no such process, or if it has ended and its parent has not noticed yet (a zombie).
 */
export function processBirth(pid: number, platform: NodeJS.Platform): string | undefined {
  if (platform === 'win32') return isRunning(pid) ? '' : undefined;
  const birth = platform === 'linux' ? birthFromProc(pid) : undefined;
  return birth === zombie ? undefined : (birth ?? birthFromPs(pid));
}

const zombie = 'zombie';

function birthFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may contain anything, so the fields are counted from the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return zombie;
    const birth = fields[19];
    return birth !== undefined && /^\d+$/.test(birth) ? birth : undefined;
  } catch {
    return undefined;
  }
}

function birthFromPs(pid: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    const [state, ...start] = text.trim().split(/\s+/);
    const birth = start.join('-');
    return !state!.startsWith('Z') && /^[0-9A-Za-z:-]+$/.test(birth) ? birth : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
