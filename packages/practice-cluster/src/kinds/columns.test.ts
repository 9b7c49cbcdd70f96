import { describe, expect, it } from '@jest/globals';
import { humanDuration } from './columns.ts';

describe('an age', () => {
  it.each([
    [-5, '0s'],
    [0, '0s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [200_000, '3m20s'],
    [600_000, '10m'],
    [3 * 3_600_000, '3h'],
    [3.5 * 3_600_000, '3h30m'],
    [9 * 3_600_000, '9h'],
    [49 * 3_600_000, '2d1h'],
    [9 * 86_400_000, '9d'],
    [800 * 86_400_000, '2y70d'],
    [3650 * 86_400_000, '10y'],
  ])('of %i ms shows as %s', (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });
});
