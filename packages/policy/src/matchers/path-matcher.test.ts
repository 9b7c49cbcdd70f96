import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FaultList } from '../document/fault-list.ts';
import { compilePathMatcher } from './path-matcher.ts';
import { compileStringMatcher } from './string-matcher.ts';

function matches(data: unknown, left: string | undefined): boolean {
  const matcher = compilePathMatcher(data, [], new FaultList());
  if (!matcher) throw new Error('the matcher does not compile');
  return matcher(left);
}

describe('a matcher over a path', () => {
  it.each<[unknown, string]>([
    ['/version', '/version/'],
    [{ is: '/version' }, '/version/'],
    [{ in: ['/a', '/version'] }, '/version/'],
    [{ ends_with: '/version' }, '/version/'],
    [{ starts_with: '/version' }, '/version/'],
    [{ starts_with: '/logs/' }, '/logs/'],
    [{ contains: 'version/' }, '/version/'],
    ['/version/', '/version/'],
    [{ not: '/api' }, '/version/'],
    [{ starts_with: '/version', ends_with: 'version' }, '/version/'],
    ['/', '/'],
  ])('%j holds for %s', (data, path) => {
    expect(matches(data, path)).toBe(true);
  });

  it.each<[unknown, string]>([
    [{ not: '/version' }, '/version/'],
    [{ not: '/version/' }, '/version/'],
    [{ not_in: ['/a', '/version'] }, '/version/'],
    ['/version', '/version/x/'],
    ['/version', '/versions/'],
    [{ starts_with: '/logs/' }, '/logs'],
    ['/version/', '/version'],
    [{ is: '/version', not: '/version' }, '/version/'],
    ['', '/'],
  ])('%j does not hold for %s', (data, path) => {
    expect(matches(data, path)).toBe(false);
  });

  it('is the plain matcher for every other path, and without one', () => {
    const operator = fc.constantFrom('is', 'not', 'contains', 'starts_with', 'ends_with');
    const path = fc.array(fc.constantFrom('/', 'a', 'b'), { maxLength: 5 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(operator, path, path, (name, right, left) => {
        fc.pre(left === '/' || !left.endsWith('/'));
        const data = { [name]: right };
        expect(matches(data, left)).toBe(compileStringMatcher(data, [], new FaultList())!(left));
      }),
    );
    expect(matches({ not: 'x' }, undefined)).toBe(false);
  });

  it('reports the faults of the plain matcher once', () => {
    const faults = new FaultList();
    expect(compilePathMatcher({ is: 1, startswith: 'x' }, ['at'], faults)).toBeUndefined();
    expect(faults.list()).toHaveLength(2);
  });
});
