import { describe, expect, it } from '@jest/globals';
import { FaultList } from '../document/fault-list.ts';
import { compileStringMatcher } from './string-matcher.ts';

function matches(data: unknown, left: string | undefined): boolean {
  const faults = new FaultList();
  const matcher = compileStringMatcher(data, [], faults);
  if (!matcher) throw new Error(JSON.stringify(faults.list()));
  return matcher(left);
}
function faultsOf(data: unknown): string[] {
  const faults = new FaultList();
  expect(compileStringMatcher(data, ['at'], faults)).toBeUndefined();
  return faults
    .list()
    .map((fault) => `${fault.path.join('.')}: ${fault.message}${fault.hint ? ` (${fault.hint})` : ''}`);
}

describe('the string matcher', () => {
  it.each([
    ['abc', 'abc', 'abd'],
    [{ is: 'abc' }, 'abc', 'ABC'],
    [{ not: 'abc' }, 'abd', 'abc'],
    [{ contains: 'b' }, 'abc', 'ac'],
    [{ starts_with: 'ab' }, 'abc', 'cab'],
    [{ ends_with: 'bc' }, 'abc', 'bca'],
    [{ in: ['x', 'abc'] }, 'abc', 'ab'],
    [{ in: ['1', '2', '3', '4', '5', '6', '7', '8', '9'] }, '9', '0'],
    [{ not_in: ['x', 'y'] }, 'abc', 'x'],
    [{ starts_with: 'a', ends_with: 'c', not: 'aXc' }, 'abc', 'aXc'],
  ])('%j matches %s and not %s', (data, yes, no) => {
    expect(matches(data, yes)).toBe(true);
    expect(matches(data, no)).toBe(false);
  });

  it('is false for a missing value and other types, with any operator', () => {
    for (const data of [
      '',
      'x',
      { is: '' },
      { not: 'x' },
      { contains: '' },
      { starts_with: '' },
      { ends_with: '' },
      { in: [] },
      { not_in: [] },
      { not: 'x', not_in: [] },
    ]) {
      for (const left of [undefined, null, 1, ['x'], {}]) expect(matches(data, left as undefined)).toBe(false);
    }
  });

  it('refuses other types', () => {
    for (const data of [1, true, null, undefined, ['a'], new Date()]) expect(faultsOf(data)).toHaveLength(1);
    expect(faultsOf({ is: 1, in: 'x', not_in: ['a', 2] })).toEqual([
      'at.is: must be a string, not a number (put it in quotes)',
      'at.in: must be a list of strings, not a string',
      'at.not_in.1: must be a string, not a number (put it in quotes)',
    ]);
  });

  it('refuses unknown operators (suggesting the nearest one), and an empty mapping', () => {
    expect(faultsOf({ startswith: 'x' })).toEqual([
      'at.startswith: unknown string matcher "startswith" (did you mean starts_with?)',
    ]);
    expect(faultsOf({ toString: 'x' })[0]).toMatch(/unknown string matcher "toString"/);
    expect(faultsOf(JSON.parse('{"__proto__": "x"}'))[0]).toMatch(/unknown string matcher "__proto__"/);
    expect(faultsOf({})[0]).toMatch(/at least one/);
  });
});
