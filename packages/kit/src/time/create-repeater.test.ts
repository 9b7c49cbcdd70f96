import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
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
  while (runs < 3) await pause(1);
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
