import { describe, expect, it } from '@jest/globals';
import { createSeenIds } from './seen-ids.ts';

describe('seen ids', () => {
  it('are distinguished from new ids, however many there are', () => {
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

  it('are forgotten when there is no room, the oldest first, and this is reported', () => {
    const seen = createSeenIds({ maxSlots: 1024 });
    for (let index = 0; index < 5000; index += 1) seen.isNew(`id-${index}`);
    expect([seen.forgetful, seen.isNew('id-4999'), seen.isNew('id-0')]).toEqual([true, false, true]);
  });
});
