import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

/** The addresses of the two ends, of a network that is for benchmarks (RFC 2544). */
export const roadEnds = { near: '198.18.77.1', far: '198.18.77.2' };

/** A slow and lossy link to a network of its own, in which programs run with `inside` in front. */
export type SlowRoad = { inside: readonly string[]; stop(): Promise<void> };

const relay = path.join(import.meta.dirname, '../../src/machine/slow-road.py');
const run = promisify(execFile);

/** Returns why there can be no slow road here, or undefined if there can. */
export const roadObstacle = () =>
  process.getuid?.() === 0 ? undefined : 'only root can make a network namespace and TUN devices';

/** Makes the link. Each packet takes `oneWayMs`, and the share `lost` of them does not arrive. */
export async function startSlowRoad({ oneWayMs, lost }: { oneWayMs: number; lost: number }): Promise<SlowRoad> {
  const namespace = `sallyport-bench-${process.pid}`;
  const [near, far] = [`near${process.pid}`, `far${process.pid}`];
  const ip = (...args: string[]) => run('ip', args);
  const inside = ['ip', 'netns', 'exec', namespace];
  const child = spawn('python3', [relay, String(oneWayMs), String(lost), near, far], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const stop = async () => {
    child.kill();
    await ended;
    await ip('netns', 'delete', namespace).catch(() => {});
  };
  try {
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`the relay of packets ended with ${code}`))),
    ]);
    await ip('netns', 'add', namespace);
    await ip('link', 'set', far, 'netns', namespace);
    for (const [device, own, peer, prefix] of [
      [near, roadEnds.near, roadEnds.far, []],
      [far, roadEnds.far, roadEnds.near, ['-n', namespace]],
    ] as const) {
      await ip(...prefix, 'address', 'add', own, 'peer', peer, 'dev', device);
      await ip(...prefix, 'link', 'set', device, 'up');
      // As on most machines, whatever this one has. It decides what a loss costs.
      await ip(...prefix, 'route', 'replace', peer, 'dev', device, 'congctl', 'cubic');
    }
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
    return { inside, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
