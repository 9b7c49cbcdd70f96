import { describe, expect, it } from '@jest/globals';
import { ReasonSet } from './reason-set.ts';

describe('a reason set', () => {
  it('distinguishes ids in all three words', () => {
    const set = new ReasonSet();
    const odd = Array.from({ length: 47 }, (_none, index) => index * 2 + 1);
    for (const id of odd) set.add(id);
    for (let id = 1; id <= 93; id += 1) expect([id, set.has(id)]).toEqual([id, id % 2 === 1]);
    set.clear();
    for (let id = 1; id <= 93; id += 1) expect(set.has(id)).toBe(false);
  });

  it('returns the same frozen list for the same set', () => {
    const one = new ReasonSet();
    const other = new ReasonSet();
    one.add(2);
    one.add(1);
    other.add(1);
    other.add(2);
    expect(one.list()).toEqual(['accept', 'reject']);
    expect(one.list()).toBe(other.list());
    expect(Object.isFrozen(one.list())).toBe(true);
  });
});
