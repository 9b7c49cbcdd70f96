import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { describeWith, eventually, startPractice, type PracticeAccess } from '../harness/index.ts';
import { createServeRig, type ServeRig } from './serve-rig.ts';

describeWith(['kubectl'], 'a small gateway', () => {
  let practice: PracticeAccess;
  let rig: ServeRig;
  beforeAll(async () => {
    practice = await startPractice();
    rig = await createServeRig({
      clusters: [{ name: 'dev', ...practice.access, policy: [{ allow: { or: [{ groups: 'developers' }] } }] }],
      api: { policy: { audit: [{ allow: { or: [{ groups: 'developers' }] } }] } },
      elevations: [
        {
          name: 'admin',
          clusters: ['dev'],
          groups: ['sre'],
          requesters: { groups: ['developers'] },
          approvals: 0,
          maxDuration: '30m',
        },
      ],
    });
  });
  // What failed in one test must not be the reason of the next.
  afterEach(() => rig?.end());
  afterAll(async () => {
    await rig?.stop();
    await practice?.stop();
  });
  const pods = () => rig.kubectl('get', 'pods', '-n', 'dev', '-o', 'name');

  it('is one file and one command away from kubectl', async () => {
    expect(rig.settings.split('\n').length).toBeLessThanOrEqual(50);
    const begun = performance.now();
    const gateway = await rig.start();
    const ready = performance.now();
    const fingerprint = /"caFingerprint":"(sha256:[0-9a-f]{64})"/.exec(gateway.stdout())![1]!;
    await rig.login('alice@example.com', '--ca-fingerprint', fingerprint);
    expect(await rig.cli('kubeconfig', '--merge')).toMatchObject({ code: 0 });
    expect(await pods()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^pod\//) });
    process.stderr.write(
      `measured: from sallyport serve in an empty directory to readiness ${Math.round(ready - begun)} ms, to pods ${Math.round(performance.now() - begun)} ms\n`,
    );
    expect(await rig.cli('elevate', 'admin', '--cluster', 'dev', '--for', '20m', '--reason', 'test')).toMatchObject({
      code: 0,
    });
    expect(await rig.run()).toMatchObject({ code: 1, stderr: expect.stringContaining('another process uses') });
    await gateway.stop('SIGKILL');
  });

  it('has the login and the elevation after it was killed', async () => {
    const gateway = await rig.start();
    expect(await pods()).toMatchObject({ code: 0 });
    const { stdout } = await rig.cli('elevations', 'list', '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ elevations: [{ name: 'admin', state: 'active' }] });
    const whoami = await rig.cli('whoami', '-o', 'json');
    expect(JSON.parse(whoami.stdout)).toMatchObject({ user: 'alice@example.com' });
    expect(await gateway.stop('SIGTERM')).toMatchObject({ code: 0 });
  });

  it('fills the store of events again when it is gone, and goes on with its checkpoints', async () => {
    const before = await rig.verify();
    expect(before).toMatchObject({ code: 0, faults: [] });
    rmSync(path.join(rig.data, 'audit'), { recursive: true });
    const gateway = await rig.start();
    await eventually('the first event of alice', async () => {
      const { stdout } = await rig.cli('audit', 'search', '--type', 'session.login', '-o', 'json');
      return stdout.includes('"session.login"');
    });
    expect(await pods()).toMatchObject({ code: 0 });
    await eventually(
      'another checkpoint',
      async () => (await rig.verify()).checkpoints.count > before.checkpoints.count,
    );
    expect(await gateway.stop('SIGTERM')).toMatchObject({ code: 0 });
    expect(await rig.verify()).toMatchObject({ code: 0, faults: [] });
  });
});
