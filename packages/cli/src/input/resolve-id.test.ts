import { describe, expect, it } from '@jest/globals';
import { resolveId } from './resolve-id.ts';

const entries = ['5f0c6a1e-1111-4000-8000-000000000001', '5f0c6a1e-2222-4000-8000-000000000002', '5f0c'].map((id) => ({
  id,
  about: `the one of ${id.slice(9, 13)}`,
}));
const resolve = (text: string) => resolveId(text, { kind: 'session', listedBy: 'sallyport sessions list', entries });

describe('a short id', () => {
  it('is the beginning of exactly one', () => {
    expect(resolve('5f0c6a1e-1')).toBe(entries[0]!.id);
    expect(resolve('5f0c6a1e-2222…')).toBe(entries[1]!.id);
  });

  it('is preferred as it is where it is complete', () => {
    expect(resolve('5f0c')).toBe('5f0c');
  });

  it('names no one if it is the beginning of several, and lists them', () => {
    expect(() => resolve('5f0c6a1e')).toThrow(
      expect.objectContaining({
        exit: 'usage',
        message: `"5f0c6a1e" is the beginning of 2 ids: ${entries[0]!.id} (the one of 1111), ${entries[1]!.id} (the one of 2222)`,
        hint: 'Nothing was done. Give more characters.',
      }),
    );
  });

  it.each(['', '5', '5f0', '…'])('is refused if it is as short as %j', (text) => {
    expect(() => resolve(text)).toThrow(/too short/);
  });

  it.each([
    ['session', 'a session'],
    ['elevation', 'an elevation'],
    ['agent', 'an agent'],
  ])('that is refused names a thing with its article: %s', (kind, words) => {
    expect(() => resolveId('ea1', { kind, listedBy: 'x', entries })).toThrow(
      `"ea1" is too short for the id of ${words}`,
    );
  });

  it('is refused if there is none', () => {
    expect(() => resolve('abcd')).toThrow(
      expect.objectContaining({ exit: 'refused', hint: 'To list them, run: sallyport sessions list' }),
    );
  });
});
