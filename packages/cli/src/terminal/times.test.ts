import { describe, expect, it } from '@jest/globals';
import { readableSpan } from './times.ts';

describe('a length of time', () => {
  it.each([
    [-5, '0ms'],
    [3.4, '3ms'],
    [999.4, '999ms'],
    [1000, '1s'],
    [1540, '1.5s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [90_000, '1m30s'],
    [7_500_000, '2h5m'],
    [43_200_000, '12h'],
    [90_000_000, '1d1h'],
  ])('of %d ms is %s', (ms, text) => {
    expect(readableSpan(ms)).toBe(text);
  });
});
