import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from './testing/fake-gateway.ts';
import { createShFrontRig, type ShFrontRig } from './testing/sh-front-rig.ts';

// Twenty programs at the same time, on a machine that may have two processors.

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
const ask = () => rig.sh(`$FRONT exec-credential '${gateway.origin}/clusters/dev'`);
const opened = () =>
  existsSync(path.join(rig.directory, 'opened'))
    ? readFileSync(path.join(rig.directory, 'opened'), 'utf8').trim().split('\n').length
    : 0;

describe('many kubectl processes without a login', () => {
  it('open one browser, create one session, and all get its credential', async () => {
    const runs = await Promise.all(Array.from({ length: 20 }, ask));
    expect(runs.filter(({ code }) => code !== 0)).toEqual([]);
    expect(opened()).toBe(1);
    expect(gateway.sessions.size).toBe(1);
    const tokens = new Set(runs.map(({ out }) => (JSON.parse(out) as { status: { token: string } }).status.token));
    expect([...tokens]).toEqual([...gateway.sessions.keys()]);
  });

  it('log in although a process died while it was logging in', async () => {
    const directory = path.join(rig.home, 'gateways', gateway.origin.replace('://', '+'));
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(path.join(directory, 'login.lock'), JSON.stringify({ id: 'x', pid: process.pid, birth: '1' }));
    const runs = await Promise.all(Array.from({ length: 4 }, ask));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(opened()).toBe(1);
  });
});
