import { titles, ways } from './contenders/connector.ts';
import type { ConnectorsResult } from './measure/connectors.ts';
import type { ExecCredentialResult } from './measure/exec-credential.ts';
import type { KubectlResult } from './measure/kubectl.ts';
import { median, type LoadResult, type RatesResult } from './measure/load.ts';
import type { Latencies, ReloadResult } from './measure/reload.ts';
import type { RecordingsResult } from './measure/recordings.ts';
import type { Delays, SlowRoadResult } from './measure/slow-road.ts';
import type { StalledResult } from './measure/stalled-reader.ts';
import type { WatchResult } from './measure/watches.ts';
import { sum } from './machine/processes.ts';

/** The results of a run. `skipped` has a line for everything that was not measured. */
export type Results = {
  at: string;
  machine: string;
  node: string;
  quick: boolean;
  skipped: string[];
  load?: LoadResult[];
  /** Latencies at fixed rates, and the cost of connections. */
  rates?: RatesResult[];
  /** A web application behind Sallyport, and behind its peer. */
  web?: LoadResult[];
  watches?: WatchResult[];
  http2Watches?: WatchResult[];
  http2Load?: LoadResult[];
  stalledReader?: StalledResult[];
  recordings?: RecordingsResult;
  reload?: ReloadResult;
  connectors?: ConnectorsResult;
  connectorWatches?: WatchResult[];
  slowRoad?: SlowRoadResult;
  kubectl?: KubectlResult;
  execCredential?: ExecCredentialResult;
};

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_cell, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const number = (value: number | undefined, digits: number) =>
  value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits);
const parts = (record: Record<string, number>, digits: number) =>
  Object.entries(record)
    .map(([name, value]) => `${name} ${value.toFixed(digits)}`)
    .join(', ');

function loadText(load: readonly LoadResult[]): string {
  const base = load.find((one) => one.name === 'haproxy');
  const straight = load.find((one) => one.name === 'direct');
  const rows = load.map((one) => [
    one.title,
    one.name === 'direct' ? '-' : number(one.cpuPer10k, 2),
    base && one.name !== 'direct' ? number(one.cpuPer10k / base.cpuPer10k, 1) : '-',
    number(one.requestsPerSecond, 0),
    number(one.p50, 2),
    number(one.p99, 2),
    number(one.p50AtOne, 3),
    straight ? number(one.p50AtOne - straight.p50AtOne, 3) : '-',
    one.name === 'direct' ? '-' : number(sum(one.residentMiB), 0),
  ]);
  const head = [
    '',
    'CPU-s per 10k',
    'of HAProxy',
    'requests/s',
    'p50 ms',
    'p99 ms',
    'p50 ms at 1',
    'above straight',
    'RSS MiB',
  ];
  const detail = load
    .filter((one) => Object.keys(one.cpuByProcess).length > 1)
    .map(
      (one) =>
        `${one.title}: ${parts(one.cpuByProcess, 2)}; apart: ${parts(one.apartByProcess, 2)}; RSS MiB: ${parts(one.residentMiB, 0)}`,
    );
  return [table([head, ...rows]), ...detail].join('\n');
}

function ratesText(all: readonly RatesResult[]): string {
  const rates = Object.keys(all[0]?.rates ?? {});
  const rows = all.map((one) => [
    one.title,
    ...rates.flatMap((rate) => [number(one.rates[rate]!.p50, 2), number(one.rates[rate]!.p99, 2)]),
    one.name === 'direct' ? '-' : number(one.rates[rates[0]!]!.cpuPer10k, 2),
    number(one.ownConnections.p99, 2),
    one.name === 'direct' ? '-' : number(one.ownConnections.cpuPer10k, 2),
  ]);
  const head = [
    '',
    ...rates.flatMap((rate) => [`p50 ms at ${rate}/s`, 'p99 ms']),
    `CPU-s per 10k at ${rates[0]}/s`,
    'p99 ms, own connections',
    'CPU-s per 10k',
  ];
  return table([head, ...rows]);
}

function reloadText({ rules, clusters, perSecond, quiet, reloading, inForceMs }: ReloadResult): string {
  const row = (title: string, { requests, p50, p99, longest }: Latencies) => [
    title,
    String(requests),
    number(p50, 2),
    number(p99, 2),
    number(longest, 1),
  ];
  const rows = [
    ['', 'requests', 'p50 ms', 'p99 ms', 'longest ms'],
    row('nothing changes', quiet),
    row('being read anew', reloading),
  ];
  return `${rules} rules on ${clusters} clusters reloaded under ${perSecond} requests/s; in force in both services after ${inForceMs.map((ms) => number(ms / 1000, 2)).join(', ')} s:\n${table(rows)}`;
}

const both = (values: readonly number[], digits: number, best = Math.min(...values)) =>
  `${number(median(values), digits)} (${number(best, digits)})`;

function connectorsText({ load, megabytes, bulk }: ConnectorsResult): string {
  const connector = (record: Record<string, number>) => record['connector'] ?? 0;
  const gateway = (record: Record<string, number>) => sum(record) - connector(record);
  const requests = load.map(({ title, rounds, atOne }) => [
    title,
    both(
      rounds.map(({ cpu }) => gateway(cpu)),
      2,
    ),
    both(
      rounds.map(({ cpu }) => connector(cpu)),
      2,
    ),
    both(
      rounds.map(({ p50 }) => p50),
      2,
    ),
    both(atOne, 3),
  ]);
  const transfers = bulk.map(({ way, direction, rounds }) => [
    `${direction} ${titles[way]}`,
    both(
      rounds.map(({ cpuPerGB }) => gateway(cpuPerGB)),
      2,
    ),
    both(
      rounds.map(({ cpuPerGB }) => connector(cpuPerGB)),
      2,
    ),
    both(
      rounds.map(({ mbPerSecond }) => mbPerSecond),
      0,
      Math.max(...rounds.map(({ mbPerSecond }) => mbPerSecond)),
    ),
  ]);
  return [
    'Connectors, medians (and the best round):',
    table([['', 'CPU-s per 10k: gateway', 'connector', 'p50 ms', 'p50 ms at 1'], ...requests]),
    table([[`${megabytes} MB`, 'CPU-s per GB: gateway', 'connector', 'MB/s'], ...transfers]),
  ].join('\n');
}

function slowRoadText({ plan, ways: found }: SlowRoadResult): string {
  const delays = (all: readonly Delays[]) => [
    both(
      all.map((one) => one.p50),
      0,
    ),
    both(
      all.map((one) => one.p99),
      0,
    ),
    both(
      all.map((one) => one.longest),
      0,
    ),
  ];
  const rows = ways.map((way) => [
    titles[way],
    both(
      found[way].map(({ p50 }) => p50),
      1,
    ),
    both(
      found[way].map(({ mbPerSecond }) => mbPerSecond),
      2,
      Math.max(...found[way].map((one) => one.mbPerSecond)),
    ),
    ...delays(found[way].map(({ quiet }) => quiet)),
    ...delays(found[way].map(({ busy }) => busy)),
  ]);
  const head = ['', 'p50 ms', 'MB/s', 'events alone: p50 ms', 'p99', 'longest', 'beside it: p50 ms', 'p99', 'longest'];
  return `A road of ${2 * plan.oneWayMs} ms there and back that loses ${plan.lost * 100} % each way; requests one after another, ${plan.watches} watches, one download; medians (and the best round):\n${table([head, ...rows])}`;
}

function carrierWatchesText(all: readonly WatchResult[]): string {
  const rows = [...Map.groupBy(all, (one) => one.title)].map(([title, rounds]) => {
    const figures = (figure: 'kibEach' | 'cpuMsEach', name: string, digits: number) =>
      both(
        rounds.map((one) => one[figure][name]!),
        digits,
      );
    return [
      title,
      figures('kibEach', 'proxy', 0),
      figures('kibEach', 'authorize', 0),
      figures('cpuMsEach', 'proxy', 2),
    ];
  });
  const head = ['clients', 'KiB each: proxy', 'authorize', 'CPU ms of the proxy to open one'];
  return `${all[0]?.watches} idle watches, medians (and the least):\n${table([head, ...rows])}`;
}

/** Formats the results as text. */
export function reportText(results: Results): string {
  const text: string[] = [`${results.machine}, Node.js ${results.node}, ${results.at}`];
  if (results.load) text.push(`Load, TLS on both sides, 2 KB answers:\n${loadText(results.load)}`);
  if (results.rates) text.push(`Fixed rates, TLS on both sides, 2 KB answers:\n${ratesText(results.rates)}`);
  if (results.web) text.push(`A web application, TLS on both sides, 2 KB answers:\n${loadText(results.web)}`);
  if (results.watches)
    text.push(
      `Idle watches:\n${table([['', 'wire', 'watches', 'KiB each'], ...results.watches.map((one) => [one.title, one.wire, String(one.watches), parts(one.kibEach, 0)])])}`,
    );
  if (results.http2Watches) text.push(carrierWatchesText(results.http2Watches));
  if (results.http2Load) text.push(`Requests of clients of Node.js, 2 KB answers:\n${loadText(results.http2Load)}`);
  if (results.stalledReader)
    text.push(
      `A log through a stalled reader:\n${table([['', 'MB', 'MiB while stalled', 'MiB at most'], ...results.stalledReader.map((one) => [one.title, String(one.megabytes), number(one.whileStalled, 1), number(one.peak, 1)])])}`,
    );
  if (results.recordings) {
    const { megabytes, plain, recorded, residentMiB } = results.recordings;
    text.push(
      `An exec that prints ${megabytes} MiB, CPU-s per GiB: ${number(plain, 2)}; recorded: ${number(recorded, 2)}; ratio ${number(recorded / plain, 2)}; RSS MiB: ${parts(residentMiB, 0)}`,
    );
  }
  if (results.reload) text.push(reloadText(results.reload));
  if (results.connectors) text.push(connectorsText(results.connectors));
  for (const one of results.connectorWatches ?? [])
    text.push(
      `${one.watches} idle watches ${one.title}: KiB each: ${parts(one.kibEach, 0)}; RSS MiB: ${parts(one.residentMiB, 0)}`,
    );
  if (results.slowRoad) text.push(slowRoadText(results.slowRoad));
  for (const [cache, one] of Object.entries(results.kubectl ?? {}))
    text.push(
      `kubectl get pods, ${cache} cache: ${number(one.gatewayMs, 1)} ms; directly: ${number(one.directMs, 1)} ms; ratio ${number(one.ratio, 2)}; CPU of proxy and authorize: ${number(one.cpuMs, 1)} ms`,
    );
  if (results.execCredential) {
    const { credentialMs, shellMs, ratio } = results.execCredential;
    text.push(
      `exec-credential from the cache: ${number(credentialMs, 2)} ms; sh -c /bin/true: ${number(shellMs, 2)} ms; ratio ${number(ratio, 2)}`,
    );
  }
  if (results.skipped.length > 0)
    text.push(`SKIPPED, not measured:\n${results.skipped.map((one) => `  - ${one}`).join('\n')}`);
  return text.join('\n\n');
}
