import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** The result of requests at a fixed rate. Latencies are in milliseconds. */
export type Attack = { requests: number; p50: number; p99: number };

export type AttackRequest = {
  program: string;
  directory: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  caFile: string;
  perSecond: number;
  seconds: number;
  /** Whether connections are kept. Without it, each request has one of its own, as that of a short command has. */
  keepAlive: boolean;
};

const run = promisify(execFile);

/**
 * Sends requests at a fixed rate, also while earlier ones are not answered, so that a server that stalls shows all that
 * it has delayed. TLS sessions are not resumed, as by kubectl. Rejects if a request fails.
 */
export async function runVegeta(request: AttackRequest): Promise<Attack> {
  const file = (name: string) => path.join(request.directory, `vegeta-${name}`);
  const headers = Object.entries({ Accept: 'application/json', ...request.headers });
  writeFileSync(
    file('targets'),
    [`GET ${request.url}`, ...headers.map(([name, value]) => `${name}: ${value}`), ''].join('\n'),
    { mode: 0o600 },
  );
  const attack = [
    'attack',
    `-targets=${file('targets')}`,
    `-output=${file('results')}`,
    `-rate=${request.perSecond}/1s`,
    `-duration=${request.seconds}s`,
    `-keepalive=${request.keepAlive}`,
    `-root-certs=${request.caFile}`,
    '-http2=false',
    '-timeout=10s',
    '-max-body=0',
  ];
  await run(request.program, attack);
  const { stdout } = await run(request.program, ['report', '-type=json', file('results')]);
  const { requests, success, errors, latencies } = JSON.parse(stdout) as {
    requests: number;
    success: number;
    errors: string[] | null;
    latencies: Record<'50th' | '99th', number>;
  };
  if (requests === 0 || success !== 1)
    throw new Error(`only ${success * 100} % of ${requests} requests to ${request.url} succeeded: ${errors?.[0]}`);
  return { requests, p50: latencies['50th'] / 1e6, p99: latencies['99th'] / 1e6 };
}
