import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { carriersOfLoad, carriersOfWatches } from './contenders/carriers.ts';
import { connectorContender } from './contenders/connector.ts';
import type { Contender, Setup, Wire } from './contenders/contender.ts';
import { contenders } from './contenders/index.ts';
import { webHostOfBench } from './contenders/sallyport.ts';
import { webContenders } from './contenders/web-contenders.ts';
import { prepareSetup } from './prepare-setup.ts';
import { endAtSignals } from './machine/end-children.ts';
import { measureConnectors } from './measure/connectors.ts';
import { measureExecCredential } from './measure/exec-credential.ts';
import { measureKubectl } from './measure/kubectl.ts';
import { measureLoad, measureRates } from './measure/load.ts';
import { measureRecordings } from './measure/recordings.ts';
import { measureReload } from './measure/reload.ts';
import { measureSlowRoad } from './measure/slow-road.ts';
import { measureStalledReader } from './measure/stalled-reader.ts';
import { measureWatches } from './measure/watches.ts';
import { roadObstacle } from './machine/slow-road.ts';
import { help, readOptions, type Options } from './options.ts';
import { profileGateway } from './profile/profile-gateway.ts';
import { reportText, type Results } from './report.ts';

const resultsDirectory = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'results');
const started = performance.now();
const log = (text: string) =>
  void process.stderr.write(`[${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s] ${text}\n`);

/** Returns the requested contenders of a list that can run here. The others get a line in `skipped`. */
function choose(list: readonly Contender[], setup: Setup, options: Options, results: Results): Contender[] {
  return list
    .filter((one) => options.contenders?.includes(one.name) ?? true)
    .filter((one) => {
      const obstacle = one.obstacle(setup);
      if (obstacle !== undefined) results.skipped.push(`${one.title}: ${obstacle}`);
      return obstacle === undefined;
    });
}

async function measureAll(setup: Setup, options: Options, results: Results, ending: AbortSignal): Promise<void> {
  const { quick } = options;
  const taking = choose(contenders(options.trees), setup, options, results);
  const has = (name: string) => taking.some((one) => one.name === name);
  const attempt = async <T>(what: string, measure: () => Promise<T>): Promise<T | undefined> => {
    log(what);
    try {
      return await measure();
    } catch (error) {
      ending.throwIfAborted();
      results.skipped.push(`${what}: ${(error as Error).message}`);
      log(`${what} FAILED: ${(error as Error).message}`);
      return undefined;
    }
  };
  const wrk = setup.bed.missing.find((one) => one.missing === 'wrk');
  if (wrk) results.skipped.push(`load and watches: wrk: ${wrk.why}. ${wrk.hint}`);
  const loadPlan = {
    connections: 32,
    rounds: options.rounds,
    seconds: quick ? 2 : 5,
    warmUpRequests: quick ? 5000 : 40_000,
    latencySeconds: quick ? 1 : 3,
  };
  const ratesPlan = { ...loadPlan, rates: options.rates, connectionRate: 200 };
  if (options.parts.includes('load') && !wrk)
    results.load = await attempt('load', () => measureLoad(setup, taking, loadPlan, log));
  const vegeta = setup.bed.missing.find((one) => one.missing === 'vegeta');
  if (vegeta) results.skipped.push(`rates: vegeta: ${vegeta.why}. ${vegeta.hint}`);
  if (options.parts.includes('rates') && !wrk && !vegeta)
    results.rates = await attempt('fixed rates', () => measureRates(setup, taking, ratesPlan, log));
  if (options.parts.includes('web') && !wrk) {
    const inFront = choose(webContenders(options.trees), setup, options, results);
    if (inFront.length > 0)
      results.web = await attempt('a web application', () => measureLoad(setup, inFront, loadPlan, log));
    else results.skipped.push('a web application: none of the named contenders is in front of one');
  }
  if (options.parts.includes('watches') && !wrk) {
    results.watches = [];
    const plan = { count: quick ? 300 : 2000, pauseSeconds: quick ? 2 : 10 };
    for (const contender of taking.filter((one) => one.name !== 'direct')) {
      for (const wire of ['tls', 'plain'] as const satisfies Wire[]) {
        const found = await attempt(`${plan.count} idle watches: ${contender.title}, ${wire}`, () =>
          measureWatches(setup, contender, wire, plan),
        );
        if (found) results.watches.push(found);
      }
    }
  }
  if (options.parts.includes('http2') && has('sallyport')) {
    const plan = { count: quick ? 300 : 1000, pauseSeconds: quick ? 2 : 10 };
    results.http2Watches = [];
    for (let round = 1; round <= options.rounds; round += 1)
      for (const contender of carriersOfWatches) {
        const found = await attempt(`round ${round}: ${plan.count} idle watches: ${contender.title}`, () =>
          measureWatches(setup, contender, 'tls', plan),
        );
        if (found) results.http2Watches.push(found);
      }
    results.http2Load = await attempt('requests over HTTP/1.1 and HTTP/2', () =>
      measureLoad(setup, carriersOfLoad, loadPlan, log),
    );
  }
  if (options.parts.includes('stalled-reader')) {
    const plan = { megabytes: quick ? 50 : 200, stallSeconds: quick ? 2 : 5 };
    results.stalledReader = [];
    for (const contender of taking.filter((one) => one.name === 'node' || one.name === 'sallyport')) {
      const found = await attempt(`a log through a stalled reader: ${contender.title}`, () =>
        measureStalledReader(setup, contender, plan),
      );
      if (found) results.stalledReader.push(found);
    }
  }
  if (options.parts.includes('recordings') && has('sallyport-small'))
    results.recordings = await attempt('recorded output', () =>
      measureRecordings(setup, { megabytes: quick ? 128 : 1024, rounds: options.rounds }),
    );
  if (options.parts.includes('reload') && has('sallyport')) {
    results.reload = await attempt('reloading a policy of 10,000 rules', () =>
      measureReload(setup, {
        rules: 10_000,
        clusters: 1000,
        perSecond: 300,
        quietSeconds: quick ? 2 : 5,
        rounds: quick ? 1 : 4,
      }),
    );
  }
  if (options.parts.includes('connectors') && has('sallyport') && !wrk) {
    results.connectors = await attempt('connectors', () =>
      measureConnectors(setup, { load: loadPlan, megabytes: quick ? 100 : 1000 }, log),
    );
    results.connectorWatches = [];
    for (const [contender, count] of [
      [connectorContender('direct'), quick ? 300 : 1000],
      [connectorContender('through'), quick ? 300 : 1000],
      [connectorContender('through', { byCommand: true }), 100],
    ] as const) {
      const found = await attempt(`${count} idle watches ${contender.title}`, () =>
        measureWatches(setup, contender, 'tls', { count, pauseSeconds: quick ? 2 : 10 }),
      );
      if (found) results.connectorWatches.push(found);
    }
    const obstacle = roadObstacle();
    if (obstacle !== undefined) results.skipped.push(`connectors over a slow road: ${obstacle}`);
    const slow = { oneWayMs: 40, lost: 0.01, watches: 50, seconds: quick ? 5 : 20, rounds: options.rounds };
    if (obstacle === undefined)
      results.slowRoad = await attempt('connectors over a slow road', () => measureSlowRoad(setup, slow, log));
  }
  if (options.parts.includes('kubectl') && has('sallyport'))
    results.kubectl = await attempt('kubectl get pods', () => measureKubectl(setup, { times: quick ? 5 : 30 }));
  if (options.parts.includes('exec-credential') && has('sallyport'))
    results.execCredential = await attempt('exec-credential', () =>
      measureExecCredential(setup, { times: quick ? 30 : 100, rounds: quick ? 1 : 5 }),
    );
}

/** Profiles requests to the cluster, unless the web application is the only part. */
const planOfProfile = ({ quick, parts }: Options) => ({
  seconds: quick ? 5 : 30,
  webHost: parts.length === 1 && parts[0] === 'web' ? webHostOfBench : undefined,
});

async function main(): Promise<void> {
  const options = readOptions(
    process.argv.slice(2),
    [...contenders([]), ...webContenders([])].map((one) => one.name),
  );
  if (options.help) return void process.stdout.write(help);
  if (process.platform !== 'linux') throw new Error('The bench reads its figures from /proc, so it needs Linux.');
  const results: Results = {
    at: new Date().toISOString(),
    machine: `${os.cpus().length} x ${os.cpus()[0]?.model ?? 'unknown'}, load ${os.loadavg()[0]!.toFixed(1)} at the start`,
    node: process.version,
    quick: options.quick,
    skipped: [],
  };
  const stamp = results.at.replaceAll(/[:.]/g, '-');
  const preparing = prepareSetup(log);
  const ending = endAtSignals(async () => (await preparing).stop());
  const { setup, stop } = await preparing;
  try {
    if (options.profile)
      return void process.stdout.write(
        `${await profileGateway(setup, path.join(resultsDirectory, `profile-${stamp}`), planOfProfile(options), log)}\n`,
      );
    await measureAll(setup, options, results, ending);
    mkdirSync(resultsDirectory, { recursive: true });
    const file = path.join(resultsDirectory, `${stamp}.json`);
    writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
    process.stdout.write(`\n${reportText(results)}\n\n${file}\n`);
  } finally {
    await stop();
  }
}

await main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
});
// A contender that could not start may have left something that would keep this process running.
process.exit();
