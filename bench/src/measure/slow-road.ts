import { quantile } from '@sallyport/bed';
import { podsPath, type Running, type Setup } from '../contenders/contender.ts';
import { startBothWays, ways, type Way } from '../contenders/connector.ts';
import { sleep } from '../machine/processes.ts';
import { roadEnds, startSlowRoad } from '../machine/slow-road.ts';
import { openResponse } from '../machine/open-response.ts';
import { runWrk } from '../machine/wrk.ts';
import { startUpstream } from '../contenders/start-upstream.ts';

export type SlowRoadPlan = { oneWayMs: number; lost: number; watches: number; seconds: number; rounds: number };

/** How long events were under way, in milliseconds. */
export type Delays = { p50: number; p99: number; longest: number };
type SlowRound = { p50: number; mbPerSecond: number; quiet: Delays; busy: Delays };
export type SlowRoadResult = { plan: SlowRoadPlan; ways: Record<Way, SlowRound[]> };

const eventEveryMs = 200;

/** Opens watches, and keeps how long each event was under way since the last call of `take`. */
async function openWatches({ base, headers }: Running, ca: string, count: number) {
  let delays: number[] = [];
  const answers = await Promise.all(
    Array.from({ length: count }, () =>
      openResponse(`${base}${podsPath}?watch=true&every=${eventEveryMs}`, ca, headers),
    ),
  );
  for (const answer of answers) {
    let text = '';
    answer.on('error', () => {});
    answer.on('data', (part: Buffer) => {
      text += part.toString('latin1');
      for (const [, at] of text.matchAll(/"at":(\d+)\}\n/g)) delays.push(Date.now() - Number(at));
      text = text.slice(text.lastIndexOf('\n') + 1);
    });
  }
  return {
    take(): Delays {
      const taken = delays.toSorted((one, other) => one - other);
      delays = [];
      if (taken.length === 0) throw new Error('no event has arrived');
      return { p50: quantile(taken, 0.5), p99: quantile(taken, 0.99), longest: taken.at(-1)! };
    },
    close: () => answers.forEach((answer) => answer.destroy()),
  };
}

/** Reads a log for some time, and returns its bytes a second. */
async function readFor({ base, headers }: Running, ca: string, seconds: number): Promise<number> {
  const answer = await openResponse(`${base}/api/v1/namespaces/dev/pods/a/log?bytes=100000000000`, ca, headers);
  let received = 0;
  answer.on('error', () => {});
  answer.on('data', (part: Buffer) => {
    received += part.length;
  });
  await sleep(seconds * 1000);
  answer.destroy();
  return received / seconds;
}

async function measureWay(
  setup: Setup,
  running: Running,
  { watches: count, seconds }: SlowRoadPlan,
): Promise<SlowRound> {
  const ca = setup.authority.caPem;
  const { p50 } = await runWrk({
    program: setup.bed.programs.wrk!,
    directory: setup.directory,
    url: running.base + podsPath,
    headers: running.headers,
    connections: 1,
    seconds,
  });
  const watches = await openWatches(running, ca, count);
  try {
    await sleep(1000);
    watches.take();
    await sleep(seconds * 1000);
    const quiet = watches.take();
    const mbPerSecond = (await readFor(running, ca, seconds)) / 1e6;
    return { p50, mbPerSecond, quiet, busy: watches.take() };
  } finally {
    watches.close();
  }
}

/**
 * Measures both ways over a slow and lossy road to the network of the upstream: requests one after another, and events of
 * watches alone and beside one download.
 */
export async function measureSlowRoad(
  setup: Setup,
  plan: SlowRoadPlan,
  log: (text: string) => void,
): Promise<SlowRoadResult> {
  const road = await startSlowRoad(plan);
  const found: Record<Way, SlowRound[]> = { direct: [], through: [] };
  try {
    const { directory, certificate } = setup;
    const elsewhere = { host: roadEnds.far, inside: road.inside };
    const upstream = await startUpstream({ directory, certificate, elsewhere });
    try {
      const far = { ...setup, upstream };
      const both = await startBothWays(far, { road });
      try {
        for (let round = 1; round <= plan.rounds; round += 1)
          for (const way of round % 2 === 0 ? ways.toReversed() : ways) {
            const result = await measureWay(far, both[way], plan);
            found[way].push(result);
            log(`slow road, round ${round}: ${way}: ${JSON.stringify(result)}`);
          }
      } finally {
        await both.stop();
      }
    } finally {
      await upstream.stop();
    }
  } finally {
    await road.stop();
  }
  return { plan, ways: found };
}
