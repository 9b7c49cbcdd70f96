import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createTextCache } from './text-cache.ts';

/** A cache of JSON texts, and how many it has made. */
function create(limits: { maxTexts: number; maxLength: number } = { maxTexts: 100, maxLength: 100_000 }) {
  const made: unknown[] = [];
  const cache = createTextCache<unknown, string>({
    ...limits,
    make(value) {
      made.push(value);
      return JSON.stringify(value);
    },
    lengthOf: (text) => text.length,
  });
  return { made, of: cache.of };
}

describe('a cache of texts', () => {
  it('returns the text of the value, whatever has the same key', () => {
    const { of } = create();
    const values = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(fc.array(values, { maxLength: 12 }), (some) => {
        for (const value of [...some, ...some]) expect(of('one key', value)).toBe(JSON.stringify(value));
      }),
    );
  });

  it.each([
    [{ a: 'b' }, { a: ['b'] }],
    [{ a: ['b', 'c'] }, { a: ['b'], b: 'c' }],
    [
      ['a', ['b']],
      [['a'], 'b'],
    ],
    [
      [{}, 'a'],
      [{ a: undefined }, 'a', 'a'],
    ],
    [{ a: {}, b: 1 }, { a: { b: 1 } }],
    [{ a: 1 }, { a: '1' }],
    [{ a: null }, { a: undefined }],
    [[], {}],
  ])('tells %j from %j', (one, other) => {
    const { of } = create();
    for (const value of [one, other, one, other]) expect(of('k', value)).toBe(JSON.stringify(value));
  });

  it('makes the text of equal values once, also if several values have the key in turns', () => {
    const { made, of } = create();
    for (let round = 0; round < 5; round += 1)
      for (let rule = 0; rule < 8; rule += 1) of('s', { groups: ['a', 'b'], rule, none: undefined });
    expect(made).toHaveLength(8);
  });

  it('does not follow a value that changes', () => {
    const { of } = create();
    const value = { groups: ['admins'] };
    of('s', value);
    value.groups.push('others');
    expect(of('s', { groups: ['admins'] })).toBe('{"groups":["admins"]}');
    expect(of('s', value)).toBe('{"groups":["admins","others"]}');
  });

  it.each([
    ['texts', { maxTexts: 10, maxLength: 1e9 }, 10],
    ['characters', { maxTexts: 1e9, maxLength: 1000 }, 10],
  ])('forgets the oldest beyond a number of %s', (_what, limits, kept) => {
    const { made, of } = create(limits);
    const value = (index: number) => `${index}`.padStart(98, '0');
    const ask = (from: number) => {
      const before = made.length;
      for (let index = from; index < 100; index += 1) of(`key ${index}`, value(index));
      return made.length - before;
    };
    expect(ask(0)).toBe(100);
    expect(ask(100 - kept)).toBe(0);
    expect(ask(100 - kept - 1)).toBeGreaterThan(0);
  });

  it('forgets what one key has beyond eight values', () => {
    const { made, of } = create();
    for (let index = 0; index < 20; index += 1) of('k', index);
    for (let index = 12; index < 20; index += 1) of('k', index);
    expect(made).toHaveLength(20);
    of('k', 0);
    expect(made).toHaveLength(21);
  });
});
