import { describe, expect, it } from '@jest/globals';
import { limitConcurrency } from './limit-concurrency.ts';

const never = new AbortController().signal;

describe('a limit on concurrent work', () => {
  it('lets so much run, keeps others waiting in their order, and refuses more', async () => {
    const limited = limitConcurrency({ running: 2, waiting: 2 });
    const started: number[] = [];
    const ends: (() => void)[] = [];
    const start = (number: number) =>
      limited(() => {
        started.push(number);
        return new Promise<void>((resolve) => {
          ends.push(resolve);
        });
      }, never);
    const all = [0, 1, 2, 3].map(start);
    await expect(start(4)).rejects.toThrow('too many calls');
    expect(started).toEqual([0, 1]);
    ends[1]!();
    await all[1];
    await Promise.resolve();
    expect(started).toEqual([0, 1, 2]);
    ends[0]!();
    await all[0];
    for (const number of [2, 3]) {
      ends[number]!();
      await all[number];
    }
    expect(started).toEqual([0, 1, 2, 3]);
  });

  it('gives the turn of failed work to the next, and none to canceled work', async () => {
    const limited = limitConcurrency({ running: 1, waiting: 5 });
    let fail = () => {};
    const first = limited(
      () =>
        new Promise((_resolve, reject) => {
          fail = () => reject(new Error('failed'));
        }),
      never,
    );
    const canceled = new AbortController();
    let ran = false;
    const second = limited(() => Promise.resolve((ran = true)), canceled.signal);
    const third = limited(() => Promise.resolve('ran'), never);
    canceled.abort();
    await expect(second).rejects.toThrow('abort');
    fail();
    await expect(first).rejects.toThrow('failed');
    expect([await third, ran]).toEqual(['ran', false]);
    await expect(limited(() => Promise.resolve(), AbortSignal.abort())).rejects.toThrow('abort');
  });
});
