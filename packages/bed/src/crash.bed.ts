import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { attachBed, sweep, waitUntil, type BedDescription } from './index.ts';
import { nodeMissingHere } from './testing/node-missing-here.ts';
import { traces } from './testing/traces.ts';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const missing = await nodeMissingHere();
if (missing) process.stderr.write(`bed: not tested: the remains of a crash: ${missing}\n`);

const before = traces('no run at all');

async function startedElsewhere(): Promise<{ description: BedDescription; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, [program, 'up', '--need', 'pods,redis'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exit = once(child, 'exit');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await waitUntil(() => text.endsWith('}\n') || child.exitCode !== null, 150_000);
  return {
    description: JSON.parse(text) as BedDescription,
    kill: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

describe('a bed whose process is killed', () => {
  (missing ? it.skip : it)('takes its servers down with it, and the next run removes the rest', async () => {
    const { description, kill } = await startedElsewhere();
    const { cluster } = attachBed(description);
    await cluster!.admin.kubectl(['run', 'orphan', `--image=${cluster!.node!.image}`]);
    await cluster!.admin.kubectl(['wait', '--for=condition=Ready', 'pod/orphan', '--timeout=240s']);
    await kill();
    const serversGone = await waitUntil(
      () =>
        !traces(description.runId, before).some((trace) =>
          /^process.*(redis-server|kube-apiserver|kubelet |kube-proxy |coredns )/.test(trace),
        ),
      20_000,
    );
    expect(serversGone).toBe(true);
    expect(
      traces(description.runId, before).some(
        (trace) => trace.startsWith('process') && trace.includes('containerd-shim'),
      ),
    ).toBe(true);
    expect(await sweep()).toContain(description.runId);
    await waitUntil(() => traces(description.runId, before).length === 0, 60_000);
    expect(traces(description.runId, before)).toEqual([]);
  });
});
