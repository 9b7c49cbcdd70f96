import path from 'node:path';
import { podsPath, type Contender, type Setup, type Wire } from '../contenders/contender.ts';
import { startOwn } from '../machine/child.ts';
import { cpuSeconds, ofEach, residentKiB, sleep } from '../machine/processes.ts';
import { sendLoad } from './load.ts';

export type WatchPlan = { count: number; pauseSeconds: number };
export type WatchResult = {
  name: string;
  title: string;
  wire: Wire;
  watches: number;
  /** KiB of resident memory per watch, by process. */ kibEach: Record<string, number>;
  /** MiB of resident memory in all. */ residentMiB: Record<string, number>;
  /** Milliseconds of CPU time to open one. */ cpuMsEach: Record<string, number>;
};

const each = (after: Record<string, number>, before: Record<string, number>, count: number) =>
  Object.fromEntries(Object.entries(after).map(([name, figure]) => [name, (figure - before[name]!) / count]));

/**
 * Measures the resident memory of each idle watch: a fresh process, one second of requests so that its code is loaded
 * (more would leave free memory that hides the cost of watches), then all watches at once and a pause.
 */
export async function measureWatches(
  setup: Setup,
  contender: Contender,
  wire: Wire,
  plan: WatchPlan,
): Promise<WatchResult> {
  const running = await contender.start(setup, wire);
  try {
    await sendLoad(setup, contender, running, { connections: 1, seconds: 1 });
    await sleep(1000);
    const before = ofEach(running.pids, residentKiB);
    const cpuBefore = ofEach(running.pids, cpuSeconds);
    const watchers = await startOwn<{ failed: number; reason?: string }>(
      'watchers-main.js',
      {
        url: `${running.base}${podsPath}?watch=true`,
        ca: setup.authority.caPem,
        headers: running.headers,
        count: plan.count,
        client: contender.client,
      },
      path.join(setup.directory, 'watchers.log'),
    );
    try {
      if (watchers.ready.failed > 0)
        throw new Error(`cannot open ${watchers.ready.failed} of ${plan.count} watches: ${watchers.ready.reason}`);
      const cpu = ofEach(running.pids, cpuSeconds);
      await sleep(plan.pauseSeconds * 1000);
      const after = ofEach(running.pids, residentKiB);
      return {
        name: contender.name,
        title: contender.title,
        wire,
        watches: plan.count,
        kibEach: each(after, before, plan.count),
        cpuMsEach: each(cpu, cpuBefore, plan.count / 1000),
        residentMiB: Object.fromEntries(Object.entries(after).map(([name, kib]) => [name, kib / 1024])),
      };
    } finally {
      await watchers.stop();
    }
  } finally {
    await running.stop();
  }
}
