import { request } from 'node:https';
import type { Running } from '../contenders/contender.ts';
import { openResponse } from '../machine/open-response.ts';
import { cpuSeconds, ofEach, sleep } from '../machine/processes.ts';

/** One transfer: CPU-seconds for each GB, by process. */
export type Transfer = { cpuPerGB: Record<string, number>; mbPerSecond: number };

async function download({ base, headers }: Running, ca: string, bytes: number): Promise<void> {
  const url = `${base}/api/v1/namespaces/dev/pods/a/log?bytes=${bytes}`;
  let received = 0;
  for await (const part of await openResponse(url, ca, headers)) received += (part as Buffer).length;
  if (received < bytes) throw new Error(`received only ${received} bytes`);
}

function upload({ base, headers }: Running, ca: string, bytes: number): Promise<void> {
  const url = `${base}/api/v1/namespaces/dev/services/a/proxy/upload?bytes=${bytes}`;
  const piece = Buffer.alloc(65_536, 'a line of a file that somebody stores\n');
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { ca, method: 'POST', headers: { ...headers, 'content-length': bytes }, agent: false },
      (response) => {
        response.resume().once('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`the upload was answered with ${response.statusCode}`));
        });
      },
    );
    outgoing.on('error', reject);
    let left = bytes;
    const more = () => {
      while (left > 0) {
        const part = piece.subarray(0, left);
        left -= part.length;
        if (!outgoing.write(part)) return void outgoing.once('drain', more);
      }
      outgoing.end();
    };
    more();
  });
}

/** Moves bytes one way, and counts the CPU time that it costs. */
export async function transfer(
  running: Running,
  ca: string,
  { direction, megabytes }: { direction: 'download' | 'upload'; megabytes: number },
): Promise<Transfer> {
  const before = ofEach(running.pids, cpuSeconds);
  const started = performance.now();
  await (direction === 'download' ? download : upload)(running, ca, megabytes * 1e6);
  const seconds = (performance.now() - started) / 1000;
  await sleep(300);
  const after = ofEach(running.pids, cpuSeconds);
  return {
    cpuPerGB: Object.fromEntries(
      Object.entries(after).map(([name, cpu]) => [name, (cpu - before[name]!) / (megabytes / 1000)]),
    ),
    mbPerSecond: megabytes / seconds,
  };
}
