import { appendFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, eventually, runDirectory, startPractice, type RunningCommand } from '../harness/index.ts';
import { Closers } from '../harness/closers.ts';
import { createSmallDisk, type SmallDisk } from '../resilience/small-disk.ts';
import { createServeRig, type ServeRig } from './serve-rig.ts';
import { readTrailFiles } from './small-trail.ts';

describeWith(['kubectl'], 'a small gateway on a disk of its own', () => {
  const closers = new Closers();
  let disk: SmallDisk;
  let rig: ServeRig;
  let gateway: RunningCommand;
  /** Creates an object and reads it: the event of a creation does not have its name. */
  const create = async (name: string) => {
    await rig.kubectl('create', 'configmap', name, '-n', 'dev');
    return rig.kubectl('get', 'configmap', name, '-n', 'dev');
  };
  const untilItWorks = (name: string) => eventually(`configmap ${name}`, async () => (await create(name)).code === 0);
  const untilItRefuses = () =>
    eventually('a refusal', async () => {
      const { code, stderr } = await rig.kubectl('get', 'pods', '-n', 'dev');
      return code !== 0 && stderr;
    });
  /** Expects the events of these creations, and a trail that says itself what a broken disk lost of its unsynced end. */
  const expectRecorded = async (...names: string[]) => {
    const text = JSON.stringify(readTrailFiles(path.join(rig.data, 'trail')));
    for (const name of names) expect(text).toContain(name);
    const { faults } = await rig.verify();
    expect(faults.filter(({ announced }) => announced === undefined)).toEqual([]);
  };

  beforeAll(async () => {
    disk = createSmallDisk(runDirectory(), 'small-disk', 192);
    closers.add(async () => disk.remove());
    const practice = await startPractice();
    closers.add(() => practice.stop());
    const policy = [{ allow: { or: [{ groups: 'developers' }] } }];
    rig = await createServeRig({
      data: path.join(disk.mountPoint, 'data'),
      api: { policy: { audit: policy } },
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
    disk.fill();
    expect(await untilItRefuses()).toMatch(/ServiceUnavailable|unavailable/);
    disk.empty();
    await untilItWorks('after-full');
    await eventually('the store to go on', async () => {
      const { stdout } = await rig.cli('audit', 'search', '--name', 'after-full', '-o', 'json');
      return stdout.includes('after-full');
    });
  });

  it('refuses requests while the disk is broken, and has what it acknowledged when that is repaired', async () => {
    disk.breakIt();
    expect(await untilItRefuses()).toMatch(/ServiceUnavailable|unavailable/);
    await gateway.stop('SIGKILL');
    disk.repair();
    gateway = await rig.start();
    await untilItWorks('after-broken');
  });

  it('starts with files that end with the beginning of something, and has what it acknowledged', async () => {
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
    await expectRecorded('before-full', 'after-full', 'after-broken', 'after-torn');
  });
});
