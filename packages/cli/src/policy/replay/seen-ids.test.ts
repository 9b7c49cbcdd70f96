import { describe, expect, it } from '@jest/globals';
import { createSeenIds } from './seen-ids.ts';

describe('ids seen', () => {
  it('are told from new ones, however many there are', () => {
    const seen = createSeenIds();
    const ids = Array.from(
      { length: 20_000 },
      (_none, index) =>
        `${index.toString(16).padStart(8, '0')}-0000-7000-8000-${(index * 7).toString(16).padStart(12, '0')}`,
    );
    expect(ids.filter((id) => !seen.isNew(id))).toEqual([]);
    expect(ids.filter((id) => seen.isNew(id))).toEqual([]);
    expect(seen.forgetful).toBe(false);
  });

  it('are forgotten, the oldest first, when there is no more room, and that is told', () => {
    const seen = createSeenIds({ maxSlots: 1024 });
    for (let index = 0; index < 5000; index += 1) seen.isNew(`id-${index}`);
    expect([seen.forgetful, seen.isNew('id-4999'), seen.isNew('id-0')]).toEqual([true, false, true]);
  });
});
