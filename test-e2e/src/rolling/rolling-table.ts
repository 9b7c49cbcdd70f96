import process from 'node:process';
import type { Seen, SteadyRequests } from './steady-requests.ts';
import type { SteadyStreams } from './steady-streams.ts';

/** What one disturbance did to clients. */
export type Row = {
  name: string;
  seconds: number;
  requests: number;
  failures: string[];
  streamsEnded: number;
  untold: string[];
  longestMs: number;
  /** Of the requests through the connector, if there is one. */
  far?: { requests: number; failures: string[]; failedMs: number };
};

type Clients = { requests: SteadyRequests; farRequests?: SteadyRequests; streams: SteadyStreams };

const textOf = ({ kind, why }: Seen['failures'][number]) => `${kind}: ${why}`;

/** Runs one disturbance under load and says what the clients saw meanwhile. */
export async function runRow(
  name: string,
  { requests, farRequests, streams }: Clients,
  disturb: () => Promise<unknown>,
): Promise<Row> {
  for (const one of [requests, farRequests, streams]) one?.take();
  const began = Date.now();
  await disturb();
  const [seen, far, stream] = [requests.take(), farRequests?.take(), streams.take()];
  const row: Row = {
    name,
    seconds: Math.round((Date.now() - began) / 1000),
    requests: seen.requests,
    failures: [...seen.failures.map(textOf), ...stream.refused],
    streamsEnded: stream.ended,
    untold: stream.untold,
    longestMs: seen.longestMs,
    ...(far && { far: { requests: far.requests, failures: far.failures.map(textOf), failedMs: far.failedMs } }),
  };
  for (const line of [lineOf(row), ...farLinesOf(row)]) process.stderr.write(`pods: ${line}\n`);
  for (const why of [...row.failures.slice(0, 5), ...new Set(row.far?.failures), ...row.untold].slice(0, 15))
    process.stderr.write(`pods:   ${why}\n`);
  return row;
}

const lineOf = (row: Row) =>
  `| ${row.name} | ${row.seconds} s | ${row.requests} | ${row.failures.length} | ${row.streamsEnded - row.untold.length} of ${row.streamsEnded} | ${row.longestMs} ms |`;

const farLinesOf = ({ name, far }: Row) =>
  far ? [`| ${name} | ${far.requests} | ${far.failures.length} | ${(far.failedMs / 1000).toFixed(1)} s |`] : [];

/** Prints the rows as the tables of docs/operations/upgrade.md. */
export function printTables(rows: readonly Row[]): void {
  const head = '| what happens | time | requests | failed | streams told | longest wait |\n|---|---|---|---|---|---|';
  const farHead = '| what happens | requests through a connector | failed | until none fails |\n|---|---|---|---|';
  const farLines = rows.flatMap(farLinesOf);
  for (const lines of [[head, ...rows.map(lineOf)], ...(farLines.length > 0 ? [[farHead, ...farLines]] : [])])
    process.stderr.write(`measured:\n${lines.join('\n')}\n`);
}
