import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { durationPattern, formatDuration, parseDuration } from './duration.ts';

describe('a duration', () => {
  it.each([
    ['0s', 0],
    ['250ms', 250],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['0.1h', 360_000],
    ['7d', 604_800_000],
    ['30m1h', 5_400_000],
  ])('of %s has %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(text).toMatch(new RegExp(durationPattern));
  });

  it.each([
    '',
    '5',
    's',
    '5 m',
    '5M',
    '-5m',
    '+5m',
    '.5h',
    '5.h',
    '1e3s',
    '5m ',
    '\u0665m',
    '1234567890s',
    `${'1m'.repeat(33)}`,
  ])('is not %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('that is long is refused at once', () => {
    const began = performance.now();
    expect(parseDuration('1m'.repeat(1_000_000))).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

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
        expect(parseDuration(formatDuration(seconds * 1000))).toBe(seconds * 1000);
      }),
    );
  });
});
