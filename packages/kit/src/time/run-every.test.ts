import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { until } from '../testing/until.ts';
import { runEvery } from './run-every.ts';

it('does its work again and again, at once on request, never twice at once, and waits for it at the end', async () => {
  let [runs, inside, most] = [0, 0, 0];
  const interval = runEvery(1, async () => {
    runs += 1;
    inside += 1;
    most = Math.max(most, inside);
    await pause(5);
    inside -= 1;
  });
  interval.now();
  interval.now();
  expect(runs).toBe(1);
  await until(() => runs >= 3);
  await interval.close();
  const after = runs;
  interval.now();
  await pause(20);
  expect([runs, inside, most]).toEqual([after, 0, 1]);
});
