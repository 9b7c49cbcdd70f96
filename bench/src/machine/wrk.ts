import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** The result of one run of the load generator. Latencies are in milliseconds. */
export type Load = { requests: number; seconds: number; p50: number; p99: number };

export type LoadRequest = {
  program: string;
  directory: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  connections: number;
  seconds: number;
};

// Prints the latencies that wrk measured, without rounding.
const script = `done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('\\nRESULT {"requests":%d,"micros":%d,"broken":%d,"refused":%d,"p50":%d,"p99":%d}\\n', summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status, latency:percentile(50), latency:percentile(99)))
end
`;

/**
 * Sends requests one after another on several kept-alive connections. Rejects if a request fails, because the figures
 * would then describe something else.
 */
export async function runWrk(request: LoadRequest): Promise<Load> {
  const scriptFile = path.join(request.directory, 'wrk.lua');
  writeFileSync(scriptFile, script);
  const headers = Object.entries({
    Accept: 'application/json',
    'User-Agent': 'kubectl/v1.36.3 (linux/amd64) kubernetes/bench',
    ...request.headers,
  });
  const args = [
    '-t1',
    `-c${request.connections}`,
    `-d${request.seconds}s`,
    '--timeout',
    '10s',
    '-s',
    scriptFile,
    ...headers.flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    request.url,
  ];
  const child = spawn(request.program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  await new Promise<void>((resolve, reject) => void child.once('close', () => resolve()).once('error', reject));
  const result = /^RESULT (.*)$/m.exec(text);
  if (!result) throw new Error(`wrk printed no result for ${request.url}: ${text}`);
  const { requests, micros, broken, refused, p50, p99 } = JSON.parse(result[1]!) as Record<
    'requests' | 'micros' | 'broken' | 'refused' | 'p50' | 'p99',
    number
  >;
  if (requests === 0 || broken + refused > 0)
    throw new Error(`${broken} of ${requests} requests to ${request.url} broke and ${refused} were refused`);
  return { requests, seconds: micros / 1e6, p50: p50 / 1000, p99: p99 / 1000 };
}
