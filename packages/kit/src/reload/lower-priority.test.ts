import { getPriority } from 'node:os';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';

const onLinux = process.platform === 'linux' ? it : it.skip;

describe('a thread with lower priority', () => {
  onLinux('has a lower priority than the rest of its process, which keeps its own', async () => {
    const before = getPriority(process.pid);
    const module = new URL('lower-priority.ts', import.meta.url).href;
    const worker = new Worker(
      `
      const { parentPort } = require('node:worker_threads');
      const { getPriority } = require('node:os');
      import(${JSON.stringify(module)}).then(({ lowerPriority }) => {
        const thread = lowerPriority();
        parentPort.postMessage({ thread, priority: getPriority(thread) });
      });`,
      { eval: true },
    );
    const { thread, priority } = await new Promise<{ thread: number; priority: number }>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    expect(thread).not.toBe(process.pid);
    expect(priority).toBe(5);
    expect(getPriority(process.pid)).toBe(before);
  });
});
