import process from 'node:process';
import type { SteadyRequests } from './steady-requests.ts';
import type { SteadyStreams } from './steady-streams.ts';

/** What one disturbance did to clients. */
export type Row = {
  name: string;
  seconds: number;
  requests: number;
  failures: string[];
  streamsEnded: number;
  streamsTold: number;
  longestMs: number;
};

/** Runs one disturbance under load and says what the clients saw meanwhile. */
export async function runRow(
  name: string,
  { requests, streams }: { requests: SteadyRequests; streams: SteadyStreams },
  disturb: () => Promise<unknown>,
): Promise<Row> {
  requests.take();
  streams.take();
  const began = Date.now();
  await disturb();
  const [seen, stream] = [requests.take(), streams.take()];
  const row: Row = {
    name,
    seconds: Math.round((Date.now() - began) / 1000),
    requests: seen.requests,
    failures: [...seen.failures.map(({ kind, why }) => `${kind}: ${why}`), ...stream.refused],
    streamsEnded: stream.ended,
    streamsTold: stream.told,
    longestMs: seen.longestMs,
  };
  process.stderr.write(`pods: ${lineOf(row)}\n`);
  for (const why of row.failures.slice(0, 5)) process.stderr.write(`pods:   ${why}\n`);
  return row;
}

const lineOf = (row: Row) =>
  `| ${row.name} | ${row.seconds} s | ${row.requests} | ${row.failures.length} | ${row.streamsTold} of ${row.streamsEnded} | ${row.longestMs} ms |`;

/** Prints the rows as the table of docs/operations/upgrade.md. */
export function printTable(rows: readonly Row[]): void {
  const head = '| what happens | time | requests | failed | streams told | longest wait |\n|---|---|---|---|---|---|';
  process.stderr.write(`measured:\n${head}\n${rows.map(lineOf).join('\n')}\n`);
}
