import type { Contender, Setup } from '../contenders/contender.ts';
import { openResponse } from '../machine/open-response.ts';
import { residentKiB, sleep } from '../machine/processes.ts';

export type StalledResult = {
  name: string;
  title: string;
  megabytes: number;
  stallSeconds: number;
  /** MiB of resident memory above the start. */ whileStalled: number;
  peak: number;
};

/** Measures memory while the reader of a long log reads a little, stalls, and then reads the rest. */
export async function measureStalledReader(
  setup: Setup,
  contender: Contender,
  plan: { megabytes: number; stallSeconds: number },
): Promise<StalledResult> {
  const running = await contender.start(setup, 'tls');
  const pid = Object.values(running.pids)[0]!;
  const url = (bytes: number) => `${running.base}/api/v1/namespaces/dev/pods/a/log?follow=true&bytes=${bytes}`;
  try {
    // First the same at full speed, so that the memory of any transfer does not count as the cost of stalling.
    for await (const _part of await openResponse(url(plan.megabytes * 1e6), setup.authority.caPem, running.headers));
    await sleep(1500);
    const before = residentKiB(pid);
    const [stall, whole] = [{ highest: 0 }, { highest: 0 }];
    let watched = stall;
    const timer = setInterval(() => {
      watched.highest = Math.max(watched.highest, residentKiB(pid));
    }, 20);
    const response = await openResponse(url(plan.megabytes * 1e6), setup.authority.caPem, running.headers);
    let bytes = 0;
    response.once('data', () => void response.pause());
    response.on('data', (part: Buffer) => {
      bytes += part.length;
    });
    await sleep(plan.stallSeconds * 1000);
    watched = whole;
    const ended = new Promise((resolve, reject) => void response.once('end', resolve).once('error', reject));
    response.resume();
    await ended;
    clearInterval(timer);
    if (bytes < plan.megabytes * 1e6) throw new Error(`received only ${bytes} bytes of the log`);
    const above = (kib: number) => Math.max(0, kib - before) / 1024;
    return {
      name: contender.name,
      title: contender.title,
      ...plan,
      whileStalled: above(stall.highest),
      peak: above(Math.max(stall.highest, whole.highest)),
    };
  } finally {
    await running.stop();
  }
}
