import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { createSpoolBed, readAll, textsOf, type SpoolBed } from '../testing/spool-bed.ts';

let bed: SpoolBed;
beforeAll(() => {
  bed = createSpoolBed();
});
afterAll(() => bed.remove());

const child = new URL('../testing/append-child.ts', import.meta.url).pathname;

/** Lets a process append for a while, kills it, and returns the highest position that it said of each kind. */
async function appendAndDie(seed: number, runMs: number): Promise<{ written: number; acknowledged: number }> {
  const program = spawn(process.execPath, [child, bed.dir, `${seed}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  program.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until(() => output.includes('written'));
  await pause(runMs);
  program.kill('SIGKILL');
  await once(program, 'close');
  const highest = (what: string) =>
    Math.max(0, ...[...output.matchAll(new RegExp(`^${what} (\\d+)\\n`, 'gm'))].map(([, digits]) => Number(digits)));
  return { written: highest('written'), acknowledged: highest('acknowledged') };
}

describe('a process that is killed again and again', () => {
  it('loses nothing that was written, and forgets only what was acknowledged', async () => {
    let acknowledged = 0;
    for (let round = 1; round <= 8; round += 1) {
      const said = await appendAndDie(round, 50 + 40 * round);
      acknowledged = Math.max(acknowledged, said.acknowledged);
      const spool = await bed.open({ maxBytes: 1024 ** 3 });
      expect(spool.previousEnd).toBe('killed');
      expect(spool.lastAppended).toBeGreaterThanOrEqual(said.written);
      // The last acknowledgement may have died between the spool and what the process said.
      expect(spool.acknowledged).toBeLessThan(spool.lastAppended);
      const found = textsOf(await readAll(spool, 1, 1_000_000));
      const first = spool.acknowledged + 1;
      expect(found).toEqual(Array.from({ length: spool.lastAppended - spool.acknowledged }, (_, i) => `${first + i}`));
      expect(spool.lastEntry?.position).toBe(spool.lastAppended);
      await spool.close();
    }
    expect(acknowledged).toBeGreaterThan(0);
    expect(bed.lost).toEqual([]);
  });

  it('does not lock out the next process, but one that lives does', async () => {
    const program = spawn(process.execPath, [child, bed.dir, '1'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(program.stdout, 'data');
    await expect(bed.open()).rejects.toThrow(`(process ${program.pid}, since `);
    program.kill('SIGKILL');
    await once(program, 'close');
    await (await bed.open({ maxBytes: 1024 ** 3 })).close();
  });
});
