import { describe, expect, it } from '@jest/globals';
import { evaluateCriterion, warningsOf, alice } from '../../testing/evaluate-criterion.ts';

describe('accept', () => {
  it('holds for everyone, with any data', () => {
    for (const data of [true, null, 1, 'x', {}, false])
      expect(evaluateCriterion('accept', data, {})).toEqual([true, 'accept']);
  });

  it('warns on a cluster that it admits every authenticated user', () => {
    expect(warningsOf('accept', true)[0]).toMatch(/every authenticated user/);
    expect(warningsOf('accept', true, { scope: 'route/web' })).toEqual([]);
    expect(warningsOf('accept', true, { action: 'deny' })).toEqual([]);
    expect(warningsOf('accept', true, { operator: 'not' })).toEqual([]);
  });

  it('warns that false is ignored', () => {
    expect(warningsOf('accept', false, { scope: 'route/web' })[0]).toMatch(/false accepts as well/);
  });
});

describe('reject', () => {
  it('never holds, with any data', () => {
    for (const data of [true, null, 1, {}]) expect(evaluateCriterion('reject', data, alice)).toEqual([false, 'reject']);
  });
});
