import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Roster, type RosterPlace } from './roster.ts';

describe('a roster', () => {
  it('has what a set has, in the same order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(20))), (steps) => {
        const roster = new Roster<number>();
        const set = new Set<number>();
        const places = new Map<number, RosterPlace<number>>();
        for (const [isAdded, member] of steps) {
          const place = places.get(member);
          if (isAdded && !set.has(member)) {
            set.add(member);
            places.set(member, roster.add(member));
          } else if (!isAdded && place) expect(roster.remove(place)).toBe(set.delete(member));
          expect(roster.members()).toEqual([...set]);
          expect(roster.first).toBe([...set][0]);
          expect(roster.size).toBe(set.size);
        }
      }),
    );
  });
});
