import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { tryLoginLock } from './home/login-lock.ts';
import { startFakeGateway, type FakeGateway } from './testing/fake-gateway.ts';
import { createShFrontRig, type ShFrontRig } from './testing/sh-front-rig.ts';

let gateway: FakeGateway;
let rig: ShFrontRig;
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createShFrontRig();
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});
const directory = () => path.join(rig.home, 'gateways', gateway.origin.replace('://', '+'));

describe('a login that a signal ends', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves no lock behind (%s)', async (signal) => {
    const child = spawn(rig.front, ['login', gateway.origin, '--no-browser'], {
      env: { PATH: `${path.join(rig.directory, 'programs')}:${process.env.PATH}`, SALLYPORT_HOME: rig.home },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString('utf8');
    });
    await until(() => err.includes('paste the code here'));
    expect(existsSync(path.join(directory(), 'login.lock'))).toBe(true);
    child.kill(signal);
    // The shell that started it sees the signal.
    expect(await once(child, 'close')).toEqual([null, signal]);
    expect(err).toContain('Login canceled.');
    expect(existsSync(path.join(directory(), 'login.lock'))).toBe(false);
  });
});

describe('the lock of a process that has ended', () => {
  it('counts as free before its parent has noticed', async () => {
    mkdirSync(directory(), { recursive: true });
    // The parent of `cat` becomes a program that never waits for it.
    const parent = spawn('sh', ['-c', 'cat 0<&3 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    try {
      const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
      const environment = { ...rig.environment, now: Date.now };
      expect(tryLoginLock(directory(), environment, Number(line.toString()))).toBeDefined();
      expect(tryLoginLock(directory(), environment)).toBeUndefined();
      (parent.stdio[3] as Writable).end();
      await until(() => tryLoginLock(directory(), environment) !== undefined);
    } finally {
      parent.kill();
    }
  });
});
