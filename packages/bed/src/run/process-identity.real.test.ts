import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { identifyProcess, isAlive, signalProcess } from './process-identity.ts';

describe('the identity of a process', () => {
  it('exists only for a living process', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const identity = identifyProcess(child.pid!)!;
    expect(isAlive(identity)).toBe(true);
    const exit = once(child, 'exit');
    expect(signalProcess(identity, 'SIGKILL')).toBe(true);
    await exit;
    expect(isAlive(identity)).toBe(false);
    expect(signalProcess(identity, 'SIGKILL')).toBe(false);
  });

  it('does not match another process with the same pid', () => {
    const self = identifyProcess(process.pid)!;
    const stranger = { ...self, startedAt: `${self.startedAt}0` };
    expect(isAlive(self)).toBe(true);
    expect(isAlive(stranger)).toBe(false);
    // This would end the test run if the start time were not checked.
    expect(signalProcess(stranger, 'SIGKILL')).toBe(false);
  });
});
