import { podsPath, type Contender, type Setup, type Running } from '../contenders/contender.ts';
import { cpuSeconds, ofEach, residentKiB, sleep, sum } from '../machine/processes.ts';
import { runWrk } from '../machine/wrk.ts';

export type LoadPlan = {
  connections: number;
  rounds: number;
  seconds: number;
  /** Requests that every contender answers before anything counts, so that JIT compilers are done. */
  warmUpRequests: number;
  latencySeconds: number;
};

/** CPU seconds of one round per 10,000 requests, by process. */
type Round = {
  requestsPerSecond: number;
  p50: number;
  p99: number;
  cpu: Record<string, number>;
  apart: Record<string, number>;
};

export type LoadResult = {
  name: string;
  title: string;
  /** CPU-seconds per 10,000 requests: the median of the rounds. */
  cpuPer10k: number;
  cpuByProcess: Record<string, number>;
  apartByProcess: Record<string, number>;
  /** From the quietest round. */
  requestsPerSecond: number;
  p50: number;
  p99: number;
  p50AtOne: number;
  residentMiB: Record<string, number>;
  rounds: Round[];
  atOne: number[];
};

export const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const per10k = (after: Record<string, number>, before: Record<string, number>, requests: number) =>
  Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [name, ((seconds - before[name]!) / requests) * 10_000]),
  );
const medianOfEach = (records: readonly Record<string, number>[]) =>
  Object.fromEntries(Object.keys(records[0]!).map((name) => [name, median(records.map((one) => one[name]!))]));

async function round(
  running: Running,
  run: (connections: number) => ReturnType<typeof runWrk>,
  connections: number,
): Promise<Round> {
  const [before, apartBefore] = [ofEach(running.pids, cpuSeconds), ofEach(running.apart, cpuSeconds)];
  const load = await run(connections);
  // Work that a request leaves for later counts as its own.
  await sleep(300);
  return {
    requestsPerSecond: load.requests / load.seconds,
    p50: load.p50,
    p99: load.p99,
    cpu: per10k(ofEach(running.pids, cpuSeconds), before, load.requests),
    apart: per10k(ofEach(running.apart, cpuSeconds), apartBefore, load.requests),
  };
}

const longestWarmUpMs = 60_000;

type Taking = {
  contender: Contender;
  running: Running;
  run(seconds: number): (connections: number) => ReturnType<typeof runWrk>;
  warm: number;
  rounds: Round[];
  atOne: number[];
};

/**
 * Warms all contenders up in turns. One that has just been warmed up would have an advantage over one that was idle since:
 * V8 gives up the code of what has not run for a while, and makes the young generation small again.
 */
async function warmUp(taking: readonly Taking[], plan: LoadPlan): Promise<void> {
  const end = Date.now() + longestWarmUpMs * taking.length;
  const cold = () => taking.filter((one) => one.warm < plan.warmUpRequests);
  while (cold().length > 0 && Date.now() < end)
    for (const one of taking) one.warm += (await one.run(3)(plan.connections)).requests;
}

function summarise({ name, title }: Contender, running: Running, rounds: Round[], atOne: number[]): LoadResult {
  const best = rounds.toSorted((a, b) => a.p50 - b.p50)[0]!;
  return {
    name,
    title,
    rounds,
    atOne,
    cpuPer10k: median(rounds.map((one) => sum(one.cpu))),
    cpuByProcess: medianOfEach(rounds.map((one) => one.cpu)),
    apartByProcess: medianOfEach(rounds.map((one) => one.apart)),
    requestsPerSecond: best.requestsPerSecond,
    p50: best.p50,
    p99: best.p99,
    p50AtOne: Math.min(...atOne),
    residentMiB: Object.fromEntries(
      Object.entries(ofEach(running.pids, residentKiB)).map(([process, kib]) => [process, kib / 1024]),
    ),
  };
}

/**
 * Measures all contenders under the same load, one round each in turn, so that a noisy minute affects all of them. A
 * contender that fails is reported and left out.
 */
export async function measureLoad(
  setup: Setup,
  contenders: readonly Contender[],
  plan: LoadPlan,
  log: (text: string) => void,
): Promise<LoadResult[]> {
  const taking: Taking[] = [];
  const runOf = (running: Running) => (seconds: number) => (connections: number) =>
    runWrk({
      program: setup.bed.programs.wrk!,
      directory: setup.directory,
      url: running.base + podsPath,
      headers: running.headers,
      connections,
      seconds,
    });
  try {
    for (const contender of contenders) {
      log(`${contender.title}: starting`);
      const running = await contender.start(setup, 'tls');
      const one = { contender, running, run: runOf(running), warm: 0, rounds: [], atOne: [] };
      taking.push(one);
      await one.run(1)(1);
    }
    log('warming all up in turns');
    await warmUp(taking, plan);
    for (let number = 1; number <= plan.rounds; number += 1) {
      // Every other round goes backwards, so that no contender always follows the same one.
      for (const one of number % 2 === 0 ? taking.toReversed() : taking) {
        const result = await round(one.running, one.run(plan.seconds), plan.connections);
        one.rounds.push(result);
        one.atOne.push((await one.run(plan.latencySeconds)(1)).p50);
        log(
          `round ${number}: ${one.contender.title}: ${sum(result.cpu).toFixed(2)} CPU-s per 10k, ${Math.round(result.requestsPerSecond)} requests/s, p50 ${result.p50.toFixed(2)} ms, at one connection ${one.atOne.at(-1)!.toFixed(3)} ms`,
        );
      }
    }
    return taking.map(({ contender, running, rounds, atOne }) => summarise(contender, running, rounds, atOne));
  } finally {
    for (const { running } of taking) await running.stop();
  }
}
