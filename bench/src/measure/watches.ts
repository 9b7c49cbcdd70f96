import path from 'node:path';
import { podsPath, type Contender, type Setup, type Wire } from '../contenders/contender.ts';
import { startOwn } from '../machine/child.ts';
import { ofEach, residentKiB, sleep } from '../machine/processes.ts';
import { runWrk } from '../machine/wrk.ts';

export type WatchPlan = { count: number; pauseSeconds: number };
export type WatchResult = {
  name: string;
  title: string;
  wire: Wire;
  watches: number;
  /** KiB of resident memory per watch, by process. */ kibEach: Record<string, number>;
};

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
    await runWrk({
      program: setup.bed.programs.wrk!,
      directory: setup.directory,
      url: running.base + podsPath,
      headers: running.headers,
      connections: 1,
      seconds: 1,
    });
    await sleep(1000);
    const before = ofEach(running.pids, residentKiB);
    const watchers = await startOwn<{ open: number; failed: number }>(
      'watchers-main.js',
      {
        url: `${running.base}${podsPath}?watch=true`,
        ca: setup.authority.caPem,
        headers: running.headers,
        count: plan.count,
      },
      path.join(setup.directory, 'watchers.log'),
    );
    try {
      if (watchers.ready.failed > 0) throw new Error(`cannot open ${watchers.ready.failed} of ${plan.count} watches`);
      await sleep(plan.pauseSeconds * 1000);
      const after = ofEach(running.pids, residentKiB);
      return {
        name: contender.name,
        title: contender.title,
        wire,
        watches: plan.count,
        kibEach: Object.fromEntries(
          Object.entries(after).map(([name, kib]) => [name, (kib - before[name]!) / plan.count]),
        ),
      };
    } finally {
      await watchers.stop();
    }
  } finally {
    await running.stop();
  }
}
