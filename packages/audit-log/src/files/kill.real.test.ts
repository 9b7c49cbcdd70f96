import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFileLogBed, until, type FileLogBed } from '../testing/file-log-bed.ts';

const program = new URL('../testing/file-log-child.ts', import.meta.url).pathname;
let bed: FileLogBed;
beforeAll(() => {
  bed = createFileLogBed();
});
afterAll(() => bed.remove());

const start = () =>
  spawn(process.execPath, ['--conditions=source', program, bed.data, join(bed.data, 'consumed')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** Lets a process publish for a while, kills it, and returns the ids of the events that it said it had recorded. */
async function publishAndDie(runMs: number): Promise<string[]> {
  const child = start();
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  while (!output.includes('\n') && child.exitCode === null) await pause(2);
  await pause(runMs);
  child.kill('SIGKILL');
  await once(child, 'close');
  return [...output.matchAll(/^\w+ (\S+)\n/gm)].map(([, id]) => id!);
}

describe('a process that is killed again and again', () => {
  const recorded: string[] = [];
  it.each([10, 20, 30, 40, 50])('has each recorded event once and in order, after %i times', async (times) => {
    for (let round = times - 10; round < times; round += 1) recorded.push(...(await publishAndDie((round * 37) % 150)));
    const log = await bed.open();
    const received: string[] = [];
    log.subscribe(`late-${times}`, async (records) => void received.push(...records.map(({ id }) => id)));
    await log.close(60_000);
    const events = bed.events();
    const ids = events.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(recorded.length).toBeGreaterThan(times);
    const places = recorded.map((id) => ids.indexOf(id));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    // All that were killed since the last clean end have one chain.
    const { producers, ...report } = bed.verify();
    expect(report).toMatchObject({ faultCount: 0, repeated: 0, events: ids.length });
    expect(producers.map(({ closed }) => closed)).toEqual(Array(times / 10).fill(true));
    // A consumer gets everything, and one that was killed gets only its last batches again.
    expect(received).toEqual(ids);
    const consumed = readFileSync(join(bed.data, 'consumed'), 'utf8').split('\n').slice(0, -1);
    const firsts = [...new Set(consumed)];
    expect(firsts).toEqual(ids.slice(0, firsts.length));
    expect(bed.names().length).toBeGreaterThan(1);
  });

  it('does not lock out the next process, but one that lives does', async () => {
    const child = start();
    await once(child.stdout, 'data');
    await expect(bed.open()).rejects.toThrow(`(process ${child.pid}, since `);
    child.kill('SIGKILL');
    await once(child, 'close');
    const log = await bed.open();
    await log.close();
    await until(() => bed.verify().faultCount === 0);
  });
});
