import { expect, it } from '@jest/globals';
import { relativeTime } from './render-time.ts';

const minute = 60_000;

it.each([
  [12 * 60 * minute, 'in 12 hours'],
  [-3 * minute, '3 minutes ago'],
  [90 * minute, 'in 2 hours'],
  [80 * minute, 'in 80 minutes'],
  [30 * 60 * minute, 'in 30 hours'],
  [72 * 60 * minute, 'in 3 days'],
  [10_000, 'in a few seconds'],
  [-1000, 'a few seconds ago'],
  [40_000, 'in 1 minute'],
])('%d ms from now is "%s"', (distance, words) => {
  expect(relativeTime(1_000_000_000_000 + distance, 1_000_000_000_000)).toBe(words);
});
