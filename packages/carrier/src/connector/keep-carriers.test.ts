import { describe, expect, it, jest } from '@jest/globals';
import { keepCarriers } from './keep-carriers.ts';
import type { OpenCarrier } from './open-carrier.ts';

type Opened = OpenCarrier & { drain(): void; end(reason: string): void };

function fakeCarrier(): Opened {
  const drained = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  return {
    streams: () => 0,
    roundTripMs: () => undefined,
    draining: drained.promise,
    closed: ended.promise,
    close: async () => ended.resolve('closed'),
    drain: drained.resolve,
    end: ended.resolve,
  };
}

/** Lets promises settle, without waiting for time. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

async function withKeeper(
  run: (bed: {
    opened: Opened[];
    delays: number[];
    keeper: ReturnType<typeof keepCarriers>;
    fail(error: Error | undefined): void;
    pass(milliseconds: number): Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  jest.useFakeTimers();
  try {
    const opened: Opened[] = [];
    const delays: number[] = [];
    let failure: Error | undefined;
    const keeper = keepCarriers({
      count: 2,
      now: Date.now,
      random: () => 1,
      async open() {
        if (failure) throw failure;
        const carrier = fakeCarrier();
        opened.push(carrier);
        return carrier;
      },
      onFailed: (_error, nextMs) => delays.push(nextMs),
    });
    await settle();
    await run({
      opened,
      delays,
      keeper,
      fail: (error) => (failure = error),
      pass: (milliseconds) => jest.advanceTimersByTimeAsync(milliseconds),
    });
    await keeper.close();
  } finally {
    jest.useRealTimers();
  }
}

describe('a connector', () => {
  it('keeps its number of carriers, and no more', () =>
    withKeeper(async ({ opened, keeper, pass }) => {
      expect(opened).toHaveLength(2);
      await pass(3_600_000);
      expect(opened).toHaveLength(2);
      opened[0]!.end('cut');
      await pass(500);
      expect(opened).toHaveLength(3);
      expect(keeper.status().map(({ state }) => state)).toEqual(['connected', 'connected']);
    }));

  it('waits longer after each failure, up to half a minute', () =>
    withKeeper(async ({ opened, delays, fail, pass, keeper }) => {
      await pass(60_000);
      fail(new Error('no route'));
      opened[0]!.end('cut');
      await pass(200_000);
      expect(delays.slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
      expect(keeper.status()).toContainEqual(
        expect.objectContaining({ state: 'connecting', error: expect.any(Error) }),
      );
    }));

  it('goes on waiting longer if the gateway accepts and closes', () =>
    withKeeper(async ({ opened, pass }) => {
      const openedBy = async (milliseconds: number) => {
        await pass(milliseconds);
        const count = opened.length;
        for (const one of opened) one.end('closed');
        await settle();
        return count;
      };
      await openedBy(0);
      expect(await openedBy(500)).toBe(4);
      expect(await openedBy(500)).toBe(4);
      expect(await openedBy(500)).toBe(6);
      expect(await openedBy(1999)).toBe(6);
      expect(await openedBy(1)).toBe(8);
    }));

  it('replaces a carrier that drains before it goes', () =>
    withKeeper(async ({ opened, keeper, pass }) => {
      await pass(60_000);
      opened[0]!.drain();
      await pass(500);
      expect(keeper.status().map(({ state }) => state)).toEqual(['draining', 'connected', 'connected']);
      opened[0]!.end('the gateway is gone');
      await pass(60_000);
      expect(opened).toHaveLength(3);
    }));
});

describe('a thousand connectors', () => {
  it('do not all dial at once when the gateway is back after a minute', async () => {
    jest.useFakeTimers();
    const start = Date.now();
    const counts = new Map<number, number>();
    const open = async () => {
      const second = Math.floor((Date.now() - start) / 1000);
      if (second < 60) throw new Error('no route');
      counts.set(second, (counts.get(second) ?? 0) + 1);
      return fakeCarrier();
    };
    const keepers = Array.from({ length: 1000 }, () =>
      keepCarriers({ count: 1, now: Date.now, random: Math.random, open, onFailed() {} }),
    );
    await jest.advanceTimersByTimeAsync(91_000);
    jest.useRealTimers();
    expect([...counts.values()].reduce((sum, one) => sum + one, 0)).toBe(1000);
    expect(Math.max(...counts.values())).toBeLessThan(200);
    await Promise.all(keepers.map((one) => one.close()));
  });
});
