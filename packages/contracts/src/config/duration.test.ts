import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { durationSchema, formatDuration } from './duration.ts';

describe('a formatted duration', () => {
  it.each([
    [0, '0s'],
    [-5, '0s'],
    [1000, '1s'],
    [90_000, '1m30s'],
    [5_430_000, '1h30m30s'],
    [90_000_000, '1d1h'],
    [59_999, '1m'],
  ])('of %d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('is read back as what it was', () => {
    fc.assert(
      fc.property(fc.nat(100_000_000), (seconds) => {
        expect(durationSchema.parse(formatDuration(seconds * 1000))).toBe(seconds * 1000);
      }),
    );
  });
});
