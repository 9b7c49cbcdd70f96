import { describe, expect, it } from '@jest/globals';
import { FaultList } from '../document/fault-list.ts';
import { compileListMatcher } from './list-matcher.ts';

function matches(data: unknown, left: readonly string[] | undefined): boolean {
  const faults = new FaultList();
  const matcher = compileListMatcher(data, [], faults);
  if (!matcher) throw new Error(JSON.stringify(faults.list()));
  return matcher(left);
}

describe('the list matcher', () => {
  it.each([
    ['a', ['b', 'a'], true],
    ['a', ['b'], false],
    ['a', [], false],
    ['a', undefined, false],
    [{ has: 'a' }, ['a', 'b'], true],
    [{ has: 'a' }, undefined, false],
    [{ is: 'a' }, ['a'], true],
    [{ is: 'a' }, ['a', 'a'], false],
    [{ is: 'a' }, ['a', 'b'], false],
    [{ is: 'a' }, undefined, false],
    [{ exclude: 'a' }, ['b'], true],
    [{ exclude: 'a' }, ['b', 'a'], false],
    [{ exclude: 'a' }, undefined, true],
    [{ has: 'a', exclude: 'b' }, ['a'], true],
    [{ has: 'a', exclude: 'b' }, ['a', 'b'], false],
  ])('%j over %j is %s', (data, left, expected) => {
    expect(matches(data, left)).toBe(expected);
  });

  it('accepts numbers, booleans and single values if configured', () => {
    const over = (data: unknown, left: unknown) =>
      compileListMatcher(data, [], new FaultList(), { scalars: true })!(left);
    expect([
      over('a', 'a'),
      over('a', 'ab'),
      over({ is: 'a' }, 'a'),
      over({ exclude: 'a' }, 'a'),
      over({ exclude: 'a' }, 'b'),
    ]).toEqual([true, false, true, false, true]);
    expect([
      over(1, [1]),
      over(1, ['1']),
      over(true, true),
      over(true, 'true'),
      over({ has: 1, exclude: 2 }, [1, 3]),
    ]).toEqual([true, false, true, false, true]);
    for (const left of [null, undefined, { a: 'a' }, []])
      expect([over('a', left), over({ exclude: 'a' }, left)]).toEqual([false, true]);
  });

  it('refuses other types, unknown operators and an empty mapping', () => {
    for (const data of [1, null, ['a'], {}, { has: ['a'] }, { hass: 'a' }, JSON.parse('{"__proto__": "a"}')]) {
      const faults = new FaultList();
      expect(compileListMatcher(data, [], faults)).toBeUndefined();
      expect(faults.size).toBe(1);
    }
  });
});
