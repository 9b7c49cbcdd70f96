import { describe, expect, it } from '@jest/globals';
import { faultsOf, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

const holding = (...elevations: string[]) => ({ session: { id: 's' }, elevations });

describe('elevation', () => {
  it('holds while the caller has one of the elevations', () => {
    expect(evaluateCriterion('elevation', 'prod-admin', holding('other', 'prod-admin'))).toEqual([
      true,
      'elevation-ok',
    ]);
    expect(evaluateCriterion('elevation', ['a', 'b'], holding('b'))).toEqual([true, 'elevation-ok']);
    for (const held of [holding(), holding('prod'), { session: { id: 's' }, elevations: 'prod-admin' as never }])
      expect(evaluateCriterion('elevation', 'prod-admin', held)).toEqual([false, 'elevation-unauthorized']);
  });

  it('asks to log in if the caller is not logged in', () => {
    expect(evaluateCriterion('elevation', 'prod-admin', { elevations: ['prod-admin'] })).toEqual([
      false,
      'user-unauthenticated',
    ]);
  });

  it('refuses what is not a name', () => {
    for (const data of [1, null, {}, [], ['a', 1]]) expect(faultsOf('elevation', data)).toHaveLength(1);
  });
});
