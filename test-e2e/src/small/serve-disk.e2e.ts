import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  describeWith,
  eventually,
  runCommand,
  runDirectory,
  startPractice,
  type RunningCommand,
} from '../harness/index.ts';
import { Closers } from '../harness/closers.ts';
import { createServeRig, type ServeRig } from './serve-rig.ts';
import { readTrailFiles } from './small-trail.ts';

const mebibyte = 1024 * 1024;

describeWith(['kubectl'], 'a small gateway on a disk of its own', () => {
  const closers = new Closers();
  const disk = path.join(runDirectory(), 'small-disk');
  const filling = path.join(disk, 'filling');
  let rig: ServeRig;
  let gateway: RunningCommand;
  const mount = async (...args: string[]) => expect(await runCommand('mount', args)).toMatchObject({ code: 0 });
  const create = (name: string) => rig.kubectl('create', 'configmap', name, '-n', 'dev');
  const untilItWorks = (name: string) => eventually(`configmap ${name}`, async () => (await create(name)).code === 0);
  const untilItRefuses = () =>
    eventually('a refusal', async () => {
      const { code, stderr } = await rig.kubectl('get', 'pods', '-n', 'dev');
      return code !== 0 && stderr;
    });
  /** Expects the events of these creations, and an unbroken trail. */
  const expectRecorded = async (...names: string[]) => {
    const text = JSON.stringify(readTrailFiles(path.join(rig.data, 'trail')));
    for (const name of names) expect(text).toContain(name);
    expect(await rig.verify()).toMatchObject({ code: 0, faults: [] });
  };

  beforeAll(async () => {
    mkdirSync(disk, { recursive: true });
    await mount('-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', disk);
    closers.add(async () => void (await runCommand('umount', ['--lazy', disk])));
    const practice = await startPractice();
    closers.add(() => practice.stop());
    const policy = [{ allow: { or: [{ groups: 'developers' }] } }];
    rig = await createServeRig({
      data: path.join(disk, 'data'),
      clusters: [{ name: 'dev', ...practice.access, policy }],
    });
    closers.add(() => rig.stop());
    gateway = await rig.start();
    await rig.login('alice@example.com', '--ca-file', path.join(rig.data, 'tls/ca.crt'));
    expect(await rig.cli('kubeconfig', '--merge')).toMatchObject({ code: 0 });
  });
  afterAll(() => closers.run());

  it('refuses requests while the disk is full, and goes on when there is space', async () => {
    await untilItWorks('before-full');
    expect(() => writeFileSync(filling, Buffer.alloc(256 * mebibyte))).toThrow('ENOSPC');
    expect(await untilItRefuses()).toMatch(/ServiceUnavailable|unavailable/);
    rmSync(filling);
    await untilItWorks('after-full');
  });

  it('refuses requests while the disk is read-only, and goes on when it can write', async () => {
    await mount('-o', 'remount,ro', disk);
    expect(await untilItRefuses()).toMatch(/ServiceUnavailable|unavailable/);
    await mount('-o', 'remount,rw', disk);
    await untilItWorks('after-read-only');
  });

  it('starts with files whose last page is torn, and has what it acknowledged', async () => {
    await gateway.stop('SIGKILL');
    const trail = path.join(rig.data, 'trail');
    const last = readdirSync(trail)
      .filter((name) => name.endsWith('.ndjson'))
      .toSorted()
      .at(-1)!;
    appendFileSync(path.join(trail, last), '{"kind":"Event","half":"of a li');
    appendFileSync(path.join(rig.data, 'state.db-wal'), Buffer.alloc(3000, 7));
    gateway = await rig.start();
    // With the earlier session.
    await untilItWorks('after-torn');
    expect(await gateway.stop('SIGTERM')).toMatchObject({ code: 0 });
    await expectRecorded('before-full', 'after-full', 'after-read-only', 'after-torn');
  });
});
