import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import type { ClosedPart } from '../disk/recording-log.ts';
import { bytesOf, createRecorderBed, type RecorderBed } from '../testing/create-recorder-bed.ts';

let bed: RecorderBed;
beforeAll(async () => {
  bed = await createRecorderBed();
});
afterAll(() => bed.remove());

/** Lets a process record for a while, kills it, and returns the last line that the client got. Notes what it published. */
async function recordAndDie(id: string, seed: number, runMs: number): Promise<number> {
  const child = new URL('../testing/write-child.ts', import.meta.url).pathname;
  const program = spawn(process.execPath, [child, bed.dir, bed.recipient, id, `${seed}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  program.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  await until(() => output.includes('written'));
  await pause(runMs);
  program.kill('SIGKILL');
  await once(program, 'close');
  const parts = [...output.matchAll(/^part (.*)\n/gm)].map(([, json]) => JSON.parse(json!) as ClosedPart);
  if (parts.length > 0) bed.published.set(id, { note: {}, parts });
  return Number([...output.matchAll(/^written (\d+)\n/gm)].at(-1)![1]);
}

describe('a process that is killed under load', () => {
  it('has lost nothing that the client got', async () => {
    for (let round = 1; round <= 8; round += 1) {
      const id = randomUUID();
      const last = await recordAndDie(id, round, 40 * round);
      const recorder = await bed.open({ maxBytes: 1024 ** 3 });
      await until(() => bed.files().length === 0);
      await recorder.close(0);
      expect(bed.published.get(id)?.finished?.outcome).toBe('cut');
      const lines = bytesOf(await bed.read(id))
        .toString()
        .split('\n')
        .slice(0, -1);
      expect(lines.length).toBeGreaterThanOrEqual(last);
      expect(lines.every((line, index) => line.startsWith(`${index + 1} `))).toBe(true);
    }
  });
});
