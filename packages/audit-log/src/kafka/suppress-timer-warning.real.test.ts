import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const module = path.join(import.meta.dirname, 'suppress-timer-warning.ts');
const run = (code: string) =>
  spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }).stderr;

describe('the warning about a negative timer', () => {
  it('is suppressed when kafkajs causes it, and no other warning is', () => {
    const kafkajs = `import { createRequire } from 'node:module';
      import { suppressTimerWarning } from ${JSON.stringify(module)};
      const Queue = createRequire(${JSON.stringify(module)})('kafkajs/src/network/requestQueue/index.js');
      const logger = { debug() {}, warn() {} };
      const queue = new Queue({ maxInFlightRequests: 1, requestTimeout: 1, enforceRequestTimeout: false, clientId: 'c', broker: 'b', logger, isConnected: () => false });`;
    const schedule = 'queue.scheduleCheckPendingRequests(); queue.destroy();';
    expect(run(`${kafkajs} ${schedule}`)).toContain('TimeoutNegativeWarning');
    expect(run(`${kafkajs} suppressTimerWarning(); ${schedule}`)).toBe('');
    expect(run(`${kafkajs} suppressTimerWarning(); setTimeout(() => {}, -5); process.emitWarning('other');`)).toMatch(
      /TimeoutNegativeWarning[^]*other/,
    );
  });
});
