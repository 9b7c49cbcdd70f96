import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

// A process id alone may soon be another process's; with the time it was started it names one process.

/**
 * When the process `pid` was started, in the form in which the sh front writes it too: clock ticks since boot from
 * /proc (field 22 of proc(5) stat) on Linux, the words of ps elsewhere, empty on Windows, where only the id is known.
 * Undefined if there is no such process.
 */
export function processBirth(pid: number, platform: NodeJS.Platform): string | undefined {
  if (platform === 'win32') return isRunning(pid) ? '' : undefined;
  return (platform === 'linux' ? birthFromProc(pid) : undefined) ?? birthFromPs(pid);
}

function birthFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything, so fields count from the last parenthesis.
    const birth = stat.slice(stat.lastIndexOf(') ') + 2).split(' ')[19];
    return birth !== undefined && /^\d+$/.test(birth) ? birth : undefined;
  } catch {
    return undefined;
  }
}

function birthFromPs(pid: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    const birth = text.trim().split(/\s+/).join('-');
    return /^[0-9A-Za-z:-]+$/.test(birth) ? birth : undefined;
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
