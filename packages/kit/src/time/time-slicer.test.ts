import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createTimeSlicer } from './time-slicer.ts';

const busy = (ms: number) => {
  for (const until = performance.now() + ms; performance.now() < until;);
};

describe('a time slicer', () => {
  it('does a little work at once', () => {
    const done: number[] = [];
    const slicer = createTimeSlicer(50);
    for (let index = 0; index < 3; index += 1) slicer.run(() => done.push(index));
    expect(done).toEqual([0, 1, 2]);
  });

  it('leaves turns to others between slices, and keeps the order', async () => {
    const done: number[] = [];
    const slicer = createTimeSlicer(4);
    for (let index = 0; index < 40; index += 1) {
      slicer.run(() => {
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

  it('does one step per turn where a step takes longer than the slice', async () => {
    const done: string[] = [];
    const slicer = createTimeSlicer(0);
    slicer.run(() => done.push('first'));
    slicer.run(() => done.push('second'));
    expect(done).toEqual([]);
    await turn();
    expect(done).toEqual(['first']);
    await turn();
    expect(done).toEqual(['first', 'second']);
  });
});
