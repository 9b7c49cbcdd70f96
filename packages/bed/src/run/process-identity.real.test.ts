import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { identifyProcess, isAlive, signalProcess } from './process-identity.ts';

describe('the identity of a process', () => {
  it('is that of a living process only', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const identity = identifyProcess(child.pid!)!;
    expect(isAlive(identity)).toBe(true);
    const exit = once(child, 'exit');
    expect(signalProcess(identity, 'SIGKILL')).toBe(true);
    await exit;
    expect(isAlive(identity)).toBe(false);
    expect(signalProcess(identity, 'SIGKILL')).toBe(false);
  });

  it('is not that of a stranger who was given the same number', () => {
    const self = identifyProcess(process.pid)!;
    const stranger = { ...self, startedAt: `${self.startedAt}0` };
    expect(isAlive(self)).toBe(true);
    expect(isAlive(stranger)).toBe(false);
    // Would end this very test run if the start time were not looked at.
    expect(signalProcess(stranger, 'SIGKILL')).toBe(false);
  });
});
