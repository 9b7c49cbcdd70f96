import { describe, expect, it } from '@jest/globals';
import { alice, judge } from '../../testing/judge.ts';

describe('reject', () => {
  it('never holds, whatever its data', () => {
    for (const data of [true, null, 1, {}]) expect(judge('reject', data, alice)).toEqual([false, 'reject']);
  });
});
