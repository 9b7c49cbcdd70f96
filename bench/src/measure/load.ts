import { podsPath, type Contender, type Setup, type Running } from '../contenders/contender.ts';
import { runNodeLoad } from '../machine/node-load.ts';
import { cpuSeconds, ofEach, residentKiB, sleep, sum } from '../machine/processes.ts';
import { runVegeta } from '../machine/vegeta.ts';
import { runWrk, type Load } from '../machine/wrk.ts';

export type TurnsPlan = {
  connections: number;
  rounds: number;
  /** Requests that every contender answers before anything counts, so that JIT compilers are done. */
  warmUpRequests: number;
};
export type LoadPlan = TurnsPlan & { seconds: number; latencySeconds: number };

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

/** Sends requests one after another, as many at a time as there are connections. */
export function sendLoad(
  { bed, directory, authority }: Setup,
  { client }: Contender,
  running: Running,
  plan: { connections: number; seconds: number },
): Promise<Load> {
  const request = { directory, url: running.base + podsPath, headers: running.headers, ...plan };
  return client
    ? runNodeLoad({ ...request, ca: authority.caPem }, client)
    : runWrk({ ...request, program: bed.programs.wrk! });
}

/** Runs a load and counts the CPU time that it costs. */
async function counted<T extends { requests: number }>(running: Running, work: () => Promise<T>) {
  const [before, apartBefore] = [ofEach(running.pids, cpuSeconds), ofEach(running.apart, cpuSeconds)];
  const load = await work();
  // Work that a request leaves for later counts as its own.
  await sleep(300);
  return {
    load,
    cpu: per10k(ofEach(running.pids, cpuSeconds), before, load.requests),
    apart: per10k(ofEach(running.apart, cpuSeconds), apartBefore, load.requests),
  };
}

const longestWarmUpMs = 60_000;

/** One of the contenders while they take turns. */
type Taking<T> = {
  contender: Contender;
  running: Running;
  /** Loads it with requests one after another on each connection. */
  run(connections: number, seconds: number): Promise<Load>;
  results: T[];
};

/**
 * Warms all contenders up in turns. One that has just been warmed up would have an advantage over one that was idle since:
 * V8 gives up the code of what has not run for a while, and makes the young generation small again.
 */
async function warmUp<T>(taking: readonly Taking<T>[], plan: TurnsPlan): Promise<void> {
  const end = Date.now() + longestWarmUpMs * taking.length;
  const answered = new Map(taking.map((one) => [one, 0]));
  const cold = () => taking.filter((one) => answered.get(one)! < plan.warmUpRequests);
  while (cold().length > 0 && Date.now() < end)
    for (const one of taking) answered.set(one, answered.get(one)! + (await one.run(plan.connections, 3)).requests);
}

/**
 * Starts all contenders, warms them up, and measures each of them in turn, so that a noisy minute affects all of them.
 * `describe` says in a line what was measured.
 */
async function inTurns<T, R>(
  setup: Setup,
  contenders: readonly Contender[],
  plan: TurnsPlan,
  log: (text: string) => void,
  measure: (one: Taking<T>) => Promise<{ result: T; describe: string }>,
  summarise: (one: Taking<T>) => R,
): Promise<R[]> {
  const taking: Taking<T>[] = [];
  try {
    for (const contender of contenders) {
      log(`${contender.title}: starting`);
      const running = await contender.start(setup, 'tls');
      const run: Taking<T>['run'] = (connections, seconds) =>
        sendLoad(setup, contender, running, { connections, seconds });
      taking.push({ contender, running, run, results: [] });
      await run(1, 1);
    }
    log('warming all up in turns');
    await warmUp(taking, plan);
    for (let number = 1; number <= plan.rounds; number += 1) {
      // Every other round goes backwards, so that no contender always follows the same one.
      for (const one of number % 2 === 0 ? taking.toReversed() : taking) {
        const { result, describe } = await measure(one);
        one.results.push(result);
        log(`round ${number}: ${one.contender.title}: ${describe}`);
      }
    }
    return taking.map(summarise);
  } finally {
    for (const { running } of taking) await running.stop();
  }
}

function summariseLoad({
  contender: { name, title },
  running,
  results,
}: Taking<{ round: Round; atOne: number }>): LoadResult {
  const rounds = results.map((one) => one.round);
  const atOne = results.map((one) => one.atOne);
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

/** Measures all contenders under the same load, as much as they take on a number of connections and on one. */
export function measureLoad(
  setup: Setup,
  contenders: readonly Contender[],
  plan: LoadPlan,
  log: (text: string) => void,
): Promise<LoadResult[]> {
  return inTurns(
    setup,
    contenders,
    plan,
    log,
    async ({ running, run }: Taking<{ round: Round; atOne: number }>) => {
      const { load, cpu, apart } = await counted(running, () => run(plan.connections, plan.seconds));
      const round = { requestsPerSecond: load.requests / load.seconds, p50: load.p50, p99: load.p99, cpu, apart };
      const atOne = (await run(1, plan.latencySeconds)).p50;
      const describe = `${sum(cpu).toFixed(2)} CPU-s per 10k, ${Math.round(round.requestsPerSecond)} requests/s, p50 ${load.p50.toFixed(2)} ms, at one connection ${atOne.toFixed(3)} ms`;
      return { result: { round, atOne }, describe };
    },
    summariseLoad,
  );
}

export type RatesPlan = TurnsPlan & {
  seconds: number;
  /** Requests a second on kept connections. */
  rates: readonly number[];
  /** Requests a second of which each has its own connection. */
  connectionRate: number;
};

type AtRate = { p50: number; p99: number; cpuPer10k: number };

/** Medians of the rounds. */
export type RatesResult = {
  name: string;
  title: string;
  /** By requests a second. */
  rates: Record<string, AtRate>;
  ownConnections: AtRate;
};

const medians = (rounds: readonly AtRate[]): AtRate => ({
  p50: median(rounds.map((one) => one.p50)),
  p99: median(rounds.map((one) => one.p99)),
  cpuPer10k: median(rounds.map((one) => one.cpuPer10k)),
});

/** Measures all contenders at fixed rates, and with a new connection for each request. */
export function measureRates(
  setup: Setup,
  contenders: readonly Contender[],
  plan: RatesPlan,
  log: (text: string) => void,
): Promise<RatesResult[]> {
  type Result = { rates: AtRate[]; ownConnections: AtRate };
  return inTurns(
    setup,
    contenders,
    plan,
    log,
    async ({ running }: Taking<Result>) => {
      const attack = async (perSecond: number, keepAlive: boolean): Promise<AtRate> => {
        const { load, cpu } = await counted(running, () =>
          runVegeta({
            program: setup.bed.programs.vegeta!,
            directory: setup.directory,
            url: running.base + podsPath,
            headers: running.headers,
            caFile: setup.caFile,
            perSecond,
            seconds: plan.seconds,
            keepAlive,
          }),
        );
        return { p50: load.p50, p99: load.p99, cpuPer10k: sum(cpu) };
      };
      const rates: AtRate[] = [];
      for (const perSecond of plan.rates) rates.push(await attack(perSecond, true));
      const ownConnections = await attack(plan.connectionRate, false);
      const describe = [
        ...plan.rates.map((perSecond, at) => `p99 at ${perSecond}/s ${rates[at]!.p99.toFixed(1)} ms`),
        `${ownConnections.cpuPer10k.toFixed(2)} CPU-s per 10k with connections of their own`,
      ].join(', ');
      return { result: { rates, ownConnections }, describe };
    },
    ({ contender: { name, title }, results }) => ({
      name,
      title,
      rates: Object.fromEntries(
        plan.rates.map((perSecond, at) => [perSecond, medians(results.map((one) => one.rates[at]!))]),
      ),
      ownConnections: medians(results.map((one) => one.ownConnections)),
    }),
  );
}
