import { describe, expect, it } from '@jest/globals';
import { alice, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

describe('reject', () => {
  it('never holds, with any data', () => {
    for (const data of [true, null, 1, {}]) expect(evaluateCriterion('reject', data, alice)).toEqual([false, 'reject']);
  });
});
