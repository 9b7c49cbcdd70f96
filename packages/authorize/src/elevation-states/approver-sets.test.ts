import { describe, expect, it } from '@jest/globals';
import type { Elevation } from '@sallyport/contracts';
import fc from 'fast-check';
import { asked, person } from '../testing/example-elevation.ts';
import { approverSetProgress, isApproved, wouldCount } from './approvals.ts';

type Sets = NonNullable<Elevation['approverSets']>;

const needing = (approverSets: Sets, ...approvers: string[][]): Elevation => ({
  ...asked({ approverSets }),
  approvals: approvers.map((sets, index) => ({ by: person(`p${index}`), at: 0, sets })),
});
const one = (name: string, approvals = 1) => ({ name, approvals });
const twoOf = [one('leads'), one('security')];

describe('approvals of several sets', () => {
  it.each<[string, Sets, string[][], boolean]>([
    ['one of each', twoOf, [['leads'], ['security']], true],
    ['two of the same', twoOf, [['leads'], ['leads']], false],
    ['one who belongs to both', twoOf, [['leads', 'security']], false],
    ['one of both and one of the first', twoOf, [['leads', 'security'], ['leads']], true],
    ['one of both and one of the second', twoOf, [['leads', 'security'], ['security']], true],
    [
      'two of both',
      twoOf,
      [
        ['leads', 'security'],
        ['security', 'leads'],
      ],
      true,
    ],
    ['one of neither', twoOf, [['leads'], ['others']], false],
    ['too few of one set', [one('leads', 2), one('security')], [['leads'], ['security'], ['security']], false],
    [
      'a chain in which each has to move',
      [one('a'), one('b'), one('c')],
      [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
      ],
      true,
    ],
    ['a chain that ends at the first', [one('a'), one('b'), one('c')], [['a', 'b'], ['b', 'c'], ['a']], true],
  ])('are counted right: %s', (_what, sets, approvers, approved) => {
    expect(isApproved(needing(sets, ...approvers))).toBe(approved);
  });

  it('says what is lacking, whoever has approved before', () => {
    const lacks = (sets: Sets, ...approvers: string[][]) =>
      approverSetProgress(needing(sets, ...approvers))!.map((set) => `${set.name} ${set.lacks}/${set.approvals}`);
    expect(lacks([one('leads', 2), one('security')])).toEqual(['leads 2/2', 'security 1/1']);
    expect(lacks([one('leads', 2), one('security')], ['leads'])).toEqual(['leads 1/2', 'security 1/1']);
    // Whoever comes next, the first can count for the other set.
    expect(lacks(twoOf, ['leads', 'security'])).toEqual(['leads 1/1', 'security 1/1']);
    expect(lacks(twoOf, ['leads'], ['security'])).toEqual(['leads 0/1', 'security 0/1']);
    expect(approverSetProgress(asked())).toBeUndefined();
  });

  it('with one set is a count', () => {
    const plain = asked({ approvalsNeeded: 2 });
    expect([isApproved(plain), wouldCount(plain, [])]).toEqual([false, true]);
    const done = { ...plain, approvals: [person('a'), person('b')].map((by) => ({ by, at: 0 })) };
    expect([isApproved(done), wouldCount(done, [])]).toEqual([true, false]);
  });
});

const names = ['a', 'b', 'c', 'd'];
const someSets = fc.uniqueArray(
  fc.record({ name: fc.constantFrom(...names), approvals: fc.integer({ min: 1, max: 3 }) }),
  {
    selector: ({ name }) => name,
    minLength: 1,
    maxLength: 4,
  },
);
const someApprovers = fc.array(fc.subarray(names), { maxLength: 7 });

/** Counts the same by trying everything. */
function mostPlaced(sets: Sets, [first, ...others]: string[][]): number {
  if (!first) return 0;
  const without = mostPlaced(sets, others);
  return sets.reduce((most, { name, approvals }, index) => {
    if (approvals === 0 || !first.includes(name)) return most;
    const rest = sets.with(index, { name, approvals: approvals - 1 });
    return Math.max(most, 1 + mostPlaced(rest, others));
  }, without);
}

describe('an assignment of approvers to sets', () => {
  it('exists exactly if trying everything finds one, in any order of the approvers', () => {
    fc.assert(
      fc.property(someSets, someApprovers, (sets, approvers) => {
        const needed = sets.reduce((sum, { approvals }) => sum + approvals, 0);
        const most = mostPlaced(sets, approvers);
        expect(isApproved(needing(sets, ...approvers))).toBe(most === needed);
        expect(isApproved(needing(sets, ...approvers.toReversed()))).toBe(most === needed);
        for (const set of [['a'], ['b', 'c'], []])
          expect(wouldCount(needing(sets, ...approvers), set)).toBe(mostPlaced(sets, [...approvers, set]) > most);
      }),
    );
  });

  it('never needs an approval that was refused because it did not count', () => {
    fc.assert(
      fc.property(someSets, someApprovers, (sets, approvers) => {
        const needed = sets.reduce((sum, { approvals }) => sum + approvals, 0);
        const kept = approvers.reduce<string[][]>(
          (before, next) => (wouldCount(needing(sets, ...before), next) ? [...before, next] : before),
          [],
        );
        expect(kept).toHaveLength(Math.min(needed, mostPlaced(sets, approvers)));
        expect(isApproved(needing(sets, ...kept))).toBe(kept.length === needed);
      }),
    );
  });
});
