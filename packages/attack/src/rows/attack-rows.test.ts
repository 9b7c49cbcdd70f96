import { describe, expect, it } from '@jest/globals';
import { attackRows } from './attack-rows.ts';

describe('the rows', () => {
  it('are those of the catalog whose results show from outside, in the same order', () => {
    expect(attackRows.map(({ row }) => row)).toEqual([
      'A01',
      'A02',
      'A03',
      'A04',
      'A05',
      'A06',
      'A07',
      'A11',
      'A12',
      'A13',
      'A14',
      'A15',
      'A16',
      'A17',
      'C04',
    ]);
  });
});
