import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { theBed } from '../harness/index.ts';

/** How long the DNS of the cluster is silent each time. A resolver asks again after five seconds. */
const silentMs = 2_000;
const answeringMs = 100;

/** Lets the DNS of the cluster answer only every two seconds, while `work` goes on and for at least `seconds`. */
export async function withLateDns(seconds: number, work: () => Promise<unknown>): Promise<void> {
  const record = readFileSync(path.join(theBed().directory, 'processes', 'coredns.json'), 'utf8');
  const { pid: coredns } = JSON.parse(record) as { pid: number };
  let isOver = false;
  const delay = async () => {
    try {
      while (!isOver) {
        process.kill(coredns, 'SIGSTOP');
        await pause(silentMs);
        process.kill(coredns, 'SIGCONT');
        await pause(answeringMs);
      }
    } finally {
      process.kill(coredns, 'SIGCONT');
    }
  };
  const delayed = delay();
  try {
    await Promise.all([work(), pause(seconds * 1000)]);
  } finally {
    isOver = true;
    await delayed;
  }
}
