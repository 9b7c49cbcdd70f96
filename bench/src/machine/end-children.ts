import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import process from 'node:process';
import { sleep } from './processes.ts';

const graceMs = 10_000;

const idsIn = (file: string) => readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
const groupOf = (pid: number) =>
  readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')[2];

/** Returns the children of this process that run. Those of the bed have groups of their own: the bed ends them. */
function children(): number[] {
  const ours = groupOf(process.pid);
  return idsIn(`/proc/self/task/${process.pid}/children`).filter((pid) => groupOf(pid) === ours);
}

/** Ends all children, also those that are started meanwhile, and after a time of grace by force. */
async function endChildren(): Promise<void> {
  const told = new Set<number>();
  const end = performance.now() + graceMs;
  for (let left = children(); left.length > 0; left = children()) {
    const late = performance.now() > end;
    for (const pid of left) {
      if (late || !told.has(pid)) process.kill(pid, late ? 'SIGKILL' : 'SIGTERM');
      told.add(pid);
    }
    await sleep(50);
  }
}

/**
 * Ends this process at a signal, after its children and what `stop` stops. A terminal sends a signal to all of them. npm,
 * and a parent that has gone, send it to this one only. What it returns is aborted at once.
 */
export function endAtSignals(stop: () => Promise<void>): AbortSignal {
  const ending = new AbortController();
  const end = async (signal: NodeJS.Signals) => {
    ending.abort();
    await endChildren();
    // It fails where its start has failed.
    await stop().catch(() => {});
    // What was measured goes on until the end, and may have started something.
    await endChildren();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void end(signal));
  return ending.signal;
}
