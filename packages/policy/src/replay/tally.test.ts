import { describe, expect, it } from '@jest/globals';
import { createCounts } from './tally.ts';

describe('counts', () => {
  it('are kept for a limited number of names, and listed by frequency', () => {
    const counts = createCounts(2);
    for (const name of ['a', 'b', 'b', 'c', 'c', 'c']) counts.add(name);
    expect([counts.list(), counts.others]).toEqual([
      [
        { name: 'b', count: 2 },
        { name: 'a', count: 1 },
      ],
      3,
    ]);
  });
});
