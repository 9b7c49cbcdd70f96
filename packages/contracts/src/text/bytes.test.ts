import { describe, expect, it } from '@jest/globals';
import { parseBytes } from './bytes.ts';

describe('a size', () => {
  it.each([
    ['0', 0],
    ['512', 512],
    ['1KiB', 1024],
    ['8MiB', 8_388_608],
    ['2GB', 2_000_000_000],
  ])('of %s has %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(['', 'MiB', '1.5GiB', '-1', '8 MiB', '8mib', '8M', '1TiB', '1e3', '9'.repeat(16)])('is not %j', (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });
});
