import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const module = path.join(import.meta.dirname, 'quiet-timers.ts');
const run = (code: string) =>
  spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }).stderr;

describe('the warning of a negative timer', () => {
  it('is kept back when kafkajs causes it, and no other warning is', () => {
    const kafkajs = `import { createRequire } from 'node:module';
      import { quietTimers } from ${JSON.stringify(module)};
      const Queue = createRequire(${JSON.stringify(module)})('kafkajs/src/network/requestQueue/index.js');
      const logger = { debug() {}, warn() {} };
      const queue = new Queue({ maxInFlightRequests: 1, requestTimeout: 1, enforceRequestTimeout: false, clientId: 'c', broker: 'b', logger, isConnected: () => false });`;
    const schedule = 'queue.scheduleCheckPendingRequests(); queue.destroy();';
    expect(run(`${kafkajs} ${schedule}`)).toContain('TimeoutNegativeWarning');
    expect(run(`${kafkajs} quietTimers(); ${schedule}`)).toBe('');
    expect(run(`${kafkajs} quietTimers(); setTimeout(() => {}, -5); process.emitWarning('other');`)).toMatch(
      /TimeoutNegativeWarning[^]*other/,
    );
  }, 20_000);
});
