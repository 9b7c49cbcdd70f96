import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { proposedConfig } from './replay/proposed-config.ts';
import { recordedEvents } from './replay/recorded-events.ts';

// Measures the time and memory that `sallyport policy replay` needs for very many events.
// Usage: node bench/dist/replay-main.js [REQUESTS]

const program = fileURLToPath(new URL('../../packages/cli/bin/sallyport.js', import.meta.url));

async function writeEvents(file: string, requests: number): Promise<number> {
  const out = createWriteStream(file, { highWaterMark: 1024 * 1024 });
  let lines = 0;
  let pending = '';
  for (const line of recordedEvents(requests, 1)) {
    lines += 1;
    pending += line;
    if (pending.length < 1_000_000) continue;
    if (!out.write(pending)) await once(out, 'drain');
    pending = '';
  }
  out.end(pending);
  await once(out, 'finish');
  return lines;
}

/** Returns the peak memory of a process, in MiB (proc(5)). */
function peakMiB(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function replay(directory: string): Promise<{ seconds: number; peak: number; text: string }> {
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    [program, 'policy', 'replay', 'audit.ndjson', '--config', 'sallyport.yaml', '-o', 'json'],
    { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  let peak = 0;
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const timer = setInterval(() => {
    peak = Math.max(peak, peakMiB(child.pid!));
  }, 100);
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(timer);
  if (code !== 0) throw new Error(`the replay ended with ${code}`);
  return { seconds: (performance.now() - begun) / 1000, peak, text };
}

const requests = Number(process.argv[2] ?? 1_000_000);
const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-replay-'));
try {
  writeFileSync(path.join(directory, 'sallyport.yaml'), proposedConfig());
  const events = await writeEvents(path.join(directory, 'audit.ndjson'), requests);
  const mebibytes = statSync(path.join(directory, 'audit.ndjson')).size / 1024 ** 2;
  const { seconds, peak, text } = await replay(directory);
  const { judged, unchanged, lost, gained } = JSON.parse(text) as {
    judged: number;
    unchanged: unknown;
    lost: { requests: number };
    gained: { requests: number };
  };
  console.log(
    JSON.stringify(
      {
        events,
        requests: judged,
        mebibytes: Math.round(mebibytes),
        seconds: Math.round(seconds * 10) / 10,
        eventsPerSecond: Math.round(events / seconds),
        peakMiB: Math.round(peak),
        unchanged,
        lost: lost.requests,
        gained: gained.requests,
      },
      null,
      2,
    ),
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
