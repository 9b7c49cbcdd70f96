import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { waitUntil } from './wait.ts';

/** Identifies a process. A pid may be reused, but together with the start time it is unique. */
export type ProcessIdentity = { pid: number; startedAt: string };

/** Reads the identity of the process `pid`, or undefined if it does not exist or is a zombie. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? startTicks(pid) : startText(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Reports whether exactly this process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startedAt === identity.startedAt;
}

/** Sends a signal to exactly this process. Returns false if it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}

/**
 * Suspends exactly this process, and waits until none of its threads runs. The kernel gives SIGSTOP to one thread, which
 * stops the others when it is scheduled. On a busy machine they go on for a while after the signal was sent.
 */
export async function suspendProcess(identity: ProcessIdentity): Promise<void> {
  signalProcess(identity, 'SIGSTOP');
  if (process.platform !== 'linux') return;
  const threads = `/proc/${identity.pid}/task`;
  const isStopped = (thread: string) => statOf(`${threads}/${thread}/stat`)[0] === 'T';
  const stopped = await waitUntil(() => !isAlive(identity) || readdirSync(threads).every(isStopped), 30_000, 5);
  if (!stopped) throw new Error(`process ${identity.pid} did not stop within 30 s of SIGSTOP`);
}

/** Reads the fields after the name. proc(5): the name is in parentheses and may have any characters. */
function statOf(file: string): string[] {
  const stat = readFileSync(file, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function startTicks(pid: number): string | undefined {
  try {
    const fields = statOf(`/proc/${pid}/stat`);
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function startText(pid: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}
