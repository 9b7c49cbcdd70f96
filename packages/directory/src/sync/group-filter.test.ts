import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createGroupFilter } from './snapshot.ts';

describe('a group filter', () => {
  it.each([
    [['*'], 'anything', true],
    [['a*c'], 'abc', true],
    [['a*c'], 'ac', true],
    [['ab*ba'], 'aba', false],
    [['a*b*c'], 'a-b-c', true],
    [['a*b*c'], 'acb', false],
    [['x', 'y*'], 'yes', true],
    [['x'], 'xx', false],
    [['*-admin'], 'x-admin', true],
  ] as const)('matches %j against %s: %s', (patterns, name, wanted) => {
    expect(createGroupFilter(patterns)(name)).toBe(wanted);
  });

  it('matches like the equivalent regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 }), (pattern, name) => {
        expect(createGroupFilter([pattern])(name)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name));
      }),
    );
  });
});
