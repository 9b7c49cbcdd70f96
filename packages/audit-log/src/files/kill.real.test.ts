import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isFullRun, until } from '@sallyport/kit/testing';
import { createFileLogBed, type FileLogBed } from '../testing/file-log-bed.ts';

const program = new URL('../testing/file-log-child.ts', import.meta.url).pathname;
let bed: FileLogBed;
beforeEach(() => {
  bed = createFileLogBed();
});
afterEach(() => bed.remove());

const start = () =>
  spawn(process.execPath, ['--conditions=source', program, bed.data, join(bed.data, 'consumed')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** Lets a process publish for a while, kills it, and returns the ids of the events that it said it had recorded. */
async function publishAndDie(runMs: number): Promise<string[]> {
  const child = start();
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until(() => output.includes('\n') || child.exitCode !== null);
  await pause(runMs);
  child.kill('SIGKILL');
  await once(child, 'close');
  return [...output.matchAll(/^\w+ (\S+)\n/gm)].map(([, id]) => id!);
}

const killsBeforeEnd = 5;

/** Ends a chain in order, as many as `ends` until now, and checks what the directory has. */
async function checkTrail(ends: number, recorded: readonly string[]): Promise<void> {
  const log = await bed.open();
  const received: string[] = [];
  log.subscribe(`late-${ends}`, async (records) => void received.push(...records.map(({ id }) => id)));
  await log.close(60_000);
  const ids = bed.events().map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(recorded.length).toBeGreaterThanOrEqual(ends * killsBeforeEnd);
  const places = recorded.map((id) => ids.indexOf(id));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  // All that were killed since the last clean end have one chain.
  const { producers, ...report } = bed.verify();
  expect(report).toMatchObject({ faultCount: 0, repeated: 0, events: ids.length });
  expect(producers.map(({ closed }) => closed)).toEqual(Array(ends).fill(true));
  // A consumer gets everything, and one that was killed gets only its last batches again.
  expect(received).toEqual(ids);
  const consumed = readFileSync(join(bed.data, 'consumed'), 'utf8').split('\n').slice(0, -1);
  const firsts = [...new Set(consumed)];
  expect(firsts).toEqual(ids.slice(0, firsts.length));
}

describe('a process that is killed again and again', () => {
  it.each(isFullRun ? [0, 1, 2, 3, 4] : [0])(
    'has each recorded event once and in order, in round %i',
    async (round) => {
      const recorded: string[] = [];
      for (const ends of [1, 2]) {
        for (let kill = 0; kill < killsBeforeEnd; kill += 1)
          recorded.push(...(await publishAndDie(((round * 10 + ends * killsBeforeEnd + kill) * 37) % 150)));
        await checkTrail(ends, recorded);
      }
      expect(bed.names().length).toBeGreaterThan(1);
    },
  );

  it('does not lock out the next process, but one that lives does', async () => {
    const child = start();
    await once(child.stdout, 'data');
    await expect(bed.open()).rejects.toThrow(`(process ${child.pid}, since `);
    child.kill('SIGKILL');
    await once(child, 'close');
    const log = await bed.open();
    await log.close();
    expect(bed.verify().faultCount).toBe(0);
  });
});
