import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Spool } from './spool.ts';
import { createSpoolBed, entryOf, readAll, textsOf, type SpoolBed } from '../testing/spool-bed.ts';

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ append: fc.array(fc.nat(400), { minLength: 1, maxLength: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ acknowledge: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.constant({ reopen: true as const }) },
  { weight: 1, arbitrary: fc.constant({ sync: true as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What must be true of a spool, whatever happened. */
type Model = { written: number; synced: number; acknowledged: number };

async function run(bed: SpoolBed, spool: Spool, next: Step, model: Model): Promise<Spool> {
  if ('append' in next) {
    for (const length of next.append) spool.append(entryOf(spool.lastAppended + 1, length));
    await spool.written(spool.lastAppended);
    model.written = spool.lastAppended;
  } else if ('acknowledge' in next) {
    const open = model.written - model.acknowledged;
    model.acknowledged += Math.round(open * next.acknowledge);
    spool.acknowledge(model.acknowledged);
  } else if ('sync' in next) {
    await spool.synced(spool.lastAppended);
    model.synced = model.written;
  } else {
    await spool.close();
    model.synced = model.written;
    return bed.open({ segmentBytes: 1500, memoryBytes: 2000 });
  }
  return spool;
}

const numbers = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => `${from + i}`);

/** Opens a copy of the directory as the next process would find it. */
async function inCopy(bed: SpoolBed, prepare: (dir: string) => void, look: (spool: Spool) => Promise<void>) {
  const parent = mkdtempSync(join(tmpdir(), 'spool-copy-'));
  const dir = join(parent, 'copy');
  cpSync(bed.dir, dir, { recursive: true });
  rmSync(join(dir, 'lock'));
  prepare(dir);
  const spool = await bed.open({ dir, segmentBytes: 1500, memoryBytes: 2000 });
  try {
    await look(spool);
  } finally {
    await spool.close();
    rmSync(parent, { recursive: true, force: true });
  }
}

const lastSegment = (dir: string) =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.segment'))
    .sort()
    .at(-1);

describe('a process that dies at any moment', () => {
  it('leaves everything that was written, in order, and continues after it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const bed = createSpoolBed();
        let spool = await bed.open({ segmentBytes: 1500, memoryBytes: 2000 });
        const model: Model = { written: 0, synced: 0, acknowledged: 0 };
        try {
          for (const next of steps) spool = await run(bed, spool, next, model);
          await inCopy(
            bed,
            () => undefined,
            async (copy) => {
              expect(copy.acknowledged).toBeLessThanOrEqual(model.acknowledged);
              expect(copy.lastAppended).toBe(model.written);
              const found = textsOf(await readAll(copy, model.acknowledged + 1, 700));
              expect(found).toEqual(numbers(model.acknowledged + 1, model.written));
              expect(copy.lastEntry?.position).toBe(model.written || undefined);
              expect(copy.append(entryOf('next'))).toBe(model.written + 1);
            },
          );
          expect(textsOf(await readAll(spool))).toEqual(numbers(model.acknowledged + 1, model.written));
          expect(bed.lost).toEqual([]);
        } finally {
          await spool.close();
          bed.remove();
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('a machine that dies at any moment', () => {
  it('leaves everything before the byte that the disk had last, and then whole entries only', async () => {
    const bed = createSpoolBed();
    const spool = await bed.open();
    for (let index = 1; index <= 5; index += 1) spool.append(entryOf(index, index));
    await spool.synced(5);
    const name = lastSegment(bed.dir)!;
    const synced = statSync(join(bed.dir, name)).size;
    for (let index = 6; index <= 7; index += 1) spool.append(entryOf(index, index - 4));
    await spool.written(7);
    const size = statSync(join(bed.dir, name)).size;
    for (let cut = synced; cut <= size; cut += 1)
      for (const filling of ['none', 'zeros'] as const)
        await inCopy(
          bed,
          (dir) => {
            const path = join(dir, name);
            truncateSync(path, cut);
            // Some file systems persist the length of a file before its content.
            if (filling === 'zeros') writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(size - cut)]));
            const session = join(dir, 'session.json');
            writeFileSync(session, readFileSync(session, 'utf8').replace(/"boot":"/, '"boot":"before-'));
          },
          async (copy) => {
            expect(copy.previousEnd).toBe('rebooted');
            const found = textsOf(await readAll(copy));
            expect(found).toEqual(numbers(1, found.length));
            expect(found.length).toBeGreaterThanOrEqual(5);
            expect(copy.lastEntry!.position).toBe(found.length);
            expect(copy.append(entryOf('next'))).toBe(found.length + 1);
            await copy.written(found.length + 1);
            expect(textsOf(await readAll(copy))).toEqual([...found, 'next']);
          },
        );
    expect(bed.lost).toEqual([]);
    await spool.close();
    bed.remove();
  });
});
