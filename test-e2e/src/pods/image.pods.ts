import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { sallyportVersion } from '@sallyport/contracts';
import { buildImage } from '../harness/build-image.ts';
import { describeWith, theBed } from '../harness/index.ts';

describeWith(['pods'], 'the image', () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'sallyport-image-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it('has a list with Node.js, the packages of npm and those of Debian', async () => {
    const { bill } = await buildImage(path.join(scratch, 'full'));
    const { components } = JSON.parse(readFileSync(bill, 'utf8')) as { components: { purl: string }[] };
    const purls = components.map((one) => one.purl);
    for (const start of [
      'pkg:deb/debian/libc6@',
      'pkg:npm/node-linux-',
      'pkg:npm/kafkajs@',
      'pkg:npm/pino@',
      'pkg:npm/commander@',
    ])
      expect(purls.filter((one) => one.startsWith(start))).toHaveLength(1);
    expect(purls.some((one) => /\/(?:jest|typescript|oxlint)@/.test(one))).toBe(false);
  });

  it('runs every program from its entry point, and nothing else', async () => {
    const { admin, node } = theBed().cluster!;
    expect(node).toBeDefined();
    /** Runs a pod to its end, and reads its output from its log: attached, kubectl misses that of a program that ends at once. */
    const run = async (name: string, ...args: string[]) => {
      const image = [`--image=ghcr.io/sallyport/sallyport:${sallyportVersion}`, '--image-pull-policy=Never'];
      await admin.kubectl(['run', name, ...image, '--restart=Never', '--', ...args]);
      const ended = 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}';
      await admin.kubectl(['wait', `pod/${name}`, `--for=${ended}`, '--timeout=240s']);
      const code = Number(await admin.kubectl(['get', 'pod', name, '-o', ended]));
      const output = await admin.kubectl(['logs', name]);
      await admin.kubectl(['delete', 'pod', name, '--wait=false']);
      return { code, output };
    };
    const version = await run('version', 'sallyport', '--version');
    expect(version).toEqual({ code: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\s*$/) });
    expect((await run('usage', 'proxy', '--help')).output).toContain('sallyport-proxy');
    expect((await run('unknown', 'sh', '-c', 'id')).code).toBe(2);
  });
});
