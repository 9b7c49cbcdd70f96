import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { startBed } from '@sallyport/bed';
import { noteSkip } from '../harness/index.ts';
import { firstKubectl, startDemo } from './demo-program.ts';

// A bed with only the programs shows whether this machine can have a node, and where kubectl is.
const probe = await startBed({ need: ['kubectl'] });
const kubectl = probe.kubectl;
await probe.stop();
const possible = process.platform === 'linux' && process.getuid?.() === 0 && kubectl !== undefined;
if (!possible) {
  const why = 'a node requires Linux, root and the build tools of the bed';
  if (process.env['CI'] === 'true')
    throw new Error(`the demo with a real cluster cannot be tested on this machine: ${why}`);
  noteSkip('the demo with a real cluster', why);
}
const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-demo-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the demo with a real control plane and node', () => {
  (possible ? it : it.skip)(
    'gives alice access to real pods (get, exec, logs, whoami), refuses mallory, and cleans up',
    async () => {
      const demo = await startDemo(directory, kubectl!, ['--cluster', 'real'], 180_000);
      expect(demo.state.cluster.kind).toBe('real');
      expect(
        (await firstKubectl(demo, 'alice', ['wait', '--for=condition=Ready', 'pod/web', '--timeout=240s'])).code,
      ).toBe(0);
      expect((await demo.tryKubectl(['get', 'pods', '--no-headers'])).stdout).toMatch(/^web +1\/1 +Running/);
      expect(await demo.tryKubectl(['exec', 'web', '--', 'sh', '-c', 'echo from the pod; exit 3'])).toMatchObject({
        code: 3,
        stdout: 'from the pod\n',
      });
      expect((await demo.tryKubectl(['logs', 'web'])).stdout).toBe('started\n');
      expect((await demo.tryKubectl(['auth', 'whoami'])).stdout).toMatch(
        /Username +alice@example\.com\n[\s\S]*\[developers system:authenticated\]/,
      );
      expect((await firstKubectl(demo, 'mallory', ['get', 'pods'])).code).toBe(1);
      expect((await demo.tryKubectl(['get', '--raw', '/api/v1/namespaces/dev/pods'])).stderr).toContain(
        'that you may use. Run "sallyport clusters" to list yours',
      );
      writeFileSync(path.join(directory, 'done'), '');
      expect((await demo.command.ended).code).toBe(7);
      expect(existsSync(path.join(directory, 'demo.json'))).toBe(false);
    },
  );
});
