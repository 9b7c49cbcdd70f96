import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@sallyport/kit';
import { keepWithinBounds, type BoundsDeps } from './keep-within-bounds.ts';
import type { Bounds } from './store/audit-store.ts';

const day = 86_400_000;
const soon = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

function start(changes: Partial<BoundsDeps>) {
  const calls: Bounds[] = [];
  const bounding = keepWithinBounds({
    store: { trim: async (bounds) => calls.push(bounds) },
    logger: createLogger({ service: 'audit', level: 'silent' }),
    now: () => 100 * day,
    retentionMs: 90 * day,
    keepAnonymous: 5000,
    ...changes,
  });
  return { calls, bounding };
}

describe('keeping the store within bounds', () => {
  it('deletes by age at every turn, and after a failure tries again at the next', async () => {
    let turns = 0;
    const { bounding } = start({
      everyMs: 5,
      store: {
        trim: async (bounds) => {
          expect(bounds).toEqual({ before: 10 * day, keepAnonymous: 5000, rememberIds: 50_000 });
          turns += 1;
          if (turns === 1) throw new Error('away');
          return 0;
        },
      },
    });
    while (turns < 2) await soon();
    await bounding.close();
  });

  it('deletes what is too many as soon as a tenth has come in', async () => {
    const { calls, bounding } = start({ keep: 2000 });
    bounding.stored(199);
    await soon();
    expect(calls).toEqual([]);
    bounding.stored(1);
    await soon();
    expect(calls).toEqual([{ before: 10 * day, keep: 2000, keepAnonymous: 5000, rememberIds: 50_000 }]);
    await bounding.close();
    bounding.stored(5000);
    await soon();
    expect(calls).toHaveLength(1);
  });

  it('holds anonymous callers to their quota also where nothing else has one', async () => {
    const { calls, bounding } = start({ keepAnonymous: 1500 });
    bounding.stored(1499);
    await soon();
    expect(calls).toEqual([]);
    bounding.stored(1);
    await soon();
    expect(calls).toEqual([{ before: 10 * day, keepAnonymous: 1500, rememberIds: 50_000 }]);
    await bounding.close();
  });
});
