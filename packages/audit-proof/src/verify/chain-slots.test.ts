import { describe, expect, it } from '@jest/globals';
import { ChainSlots, slotFlags } from './chain-slots.ts';

const { seen, altered } = slotFlags;
const bufferBytes = () => process.memoryUsage().arrayBuffers;

function slotsWith(numbers: readonly number[]): ChainSlots {
  const slots = new ChainSlots();
  for (const seq of numbers) slots.mark(seq, seen);
  return slots;
}

describe('the slots of a chain', () => {
  it('keep what is known of each event, wherever it is', () => {
    const slots = new ChainSlots();
    for (const seq of [1, 16, 17, 70_000, Number.MAX_SAFE_INTEGER]) {
      const hash = seq.toString(16).padStart(64, '0').split('').toReversed().join('');
      slots.mark(seq, altered);
      slots.setHash(seq, hash);
      slots.setPlace(seq, seq % 1000);
      slots.setTime(seq, (seq % 1000) * 1000 + 1000);
      expect(slots.hash(seq)).toBe(hash.slice(0, 32));
      expect([slots.place(seq), slots.time(seq)]).toEqual([seq % 1000, (seq % 1000) * 1000 + 1000]);
      expect([slots.has(seq, altered), slots.has(seq, seen)]).toEqual([true, false]);
    }
    expect([slots.hash(2), slots.hash(5000), slots.place(5000), slots.time(5000), slots.flags(5000)]).toEqual([
      '0'.repeat(32),
      '',
      -1,
      undefined,
      0,
    ]);
  });

  it.each([
    [[], 1, 3, [[1, 3]]],
    [[1, 2, 3], 1, 3, []],
    [
      [2],
      1,
      3,
      [
        [1, 1],
        [3, 3],
      ],
    ],
    [[16, 17, 40], 16, 40, [[18, 39]]],
    [[5, 100_000], 5, 100_000, [[6, 99_999]]],
    [[5, 100_000], 7, 99_000, [[7, 99_000]]],
    [
      [100_000, 5],
      1,
      200_000,
      [
        [1, 4],
        [6, 99_999],
        [100_001, 200_000],
      ],
    ],
    [[1], 1, Number.MAX_SAFE_INTEGER, [[2, Number.MAX_SAFE_INTEGER]]],
    [[1], 5, 4, []],
  ] as const)('with events %j have these gaps from %i to %i', (numbers, from, to, gaps) => {
    expect(slotsWith(numbers).gaps(from, to)).toEqual(gaps.map(([begin, end]) => ({ from: begin, to: end })));
  });

  it('take 30 bytes for each event of a chain, and 500 at most if numbers are far apart', () => {
    const count = 100_000;
    const before = bufferBytes();
    const dense = slotsWith(Array.from({ length: count }, (_none, index) => index + 1));
    const between = bufferBytes();
    const sparse = slotsWith(Array.from({ length: count }, (_none, index) => index * 4096 + 1));
    const after = bufferBytes();
    expect((between - before) / count).toBeLessThan(32);
    expect((after - between) / count).toBeLessThan(512);
    expect([dense.gaps(1, count).length, sparse.gaps(1, count * 4096).length]).toEqual([0, count]);
  });
});
