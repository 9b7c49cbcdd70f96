import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createInSlices } from './in-slices.ts';

const busy = (ms: number) => {
  for (const until = performance.now() + ms; performance.now() < until;);
};

describe('work in slices', () => {
  it('is done at once where it is little', () => {
    const done: number[] = [];
    const inSlices = createInSlices(50);
    for (let index = 0; index < 3; index += 1) inSlices(() => done.push(index));
    expect(done).toEqual([0, 1, 2]);
  });

  it('leaves turns to others where it is much, and keeps its order', async () => {
    const done: number[] = [];
    const inSlices = createInSlices(4);
    for (let index = 0; index < 40; index += 1) {
      inSlices(() => {
        busy(1);
        done.push(index);
      });
    }
    expect(done.length).toBeLessThan(8);
    let turns = 0;
    for (; done.length < 40; turns += 1) await turn();
    expect(turns).toBeGreaterThanOrEqual(5);
    expect(done).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  it('does one piece a turn where a piece takes longer than the slice', async () => {
    const done: string[] = [];
    const inSlices = createInSlices(0);
    inSlices(() => done.push('first'));
    inSlices(() => done.push('second'));
    expect(done).toEqual([]);
    await turn();
    expect(done).toEqual(['first']);
    await turn();
    expect(done).toEqual(['first', 'second']);
  });
});
