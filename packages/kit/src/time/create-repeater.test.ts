import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { until } from '../testing/until.ts';
import { createRepeater } from './create-repeater.ts';

it('runs again and again, one run at a time, until it is closed', async () => {
  let [runs, inside, most] = [0, 0, 0];
  const repeater = createRepeater({
    async run() {
      inside += 1;
      most = Math.max(most, inside);
      await pause(5);
      inside -= 1;
      runs += 1;
    },
    pauseMs: 1,
    random: () => 0,
  });
  repeater.start(0);
  await until(() => runs >= 3);
  expect(repeater.isClosed).toBe(false);
  await repeater.close();
  const after = runs;
  await pause(20);
  expect([runs, inside, most, repeater.isClosed]).toEqual([after, 0, 1, true]);
});

it('pauses before its first run too, unless it is told otherwise', async () => {
  let runs = 0;
  const repeater = createRepeater({
    async run() {
      runs += 1;
    },
    pauseMs: 60_000,
    random: Math.random,
  });
  repeater.start();
  await pause(20);
  expect(runs).toBe(0);
  await repeater.close();
});

it('brings its next run forward, and repeats one that is under way', async () => {
  let runs = 0;
  let release = () => {};
  const repeater = createRepeater({
    run: () =>
      new Promise<void>((resolve) => {
        runs += 1;
        release = resolve;
      }),
    pauseMs: 60_000,
    random: Math.random,
  });
  repeater.soon();
  await pause(20);
  expect(runs).toBe(0);
  repeater.start();
  repeater.soon();
  await until(() => runs >= 1);
  repeater.soon();
  release();
  await until(() => runs >= 2);
  release();
  await repeater.close();
  repeater.soon();
  await pause(20);
  expect(runs).toBe(2);
});
