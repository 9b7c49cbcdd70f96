import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HeldTokens, ProviderTokens, ProviderTokenStore } from '../provider-tokens/provider-token-store.ts';

/** What a backend provides: an empty store, a replica of it, and a clock that the suite moves. */
type ProviderTokenBed = { store: ProviderTokenStore; replica: ProviderTokenStore; clock: { now: number } };

let made = 0;

/** Registers the rules for every store of provider tokens. `open` is called before each test. */
export function describeProviderTokenStore(backend: string, open: () => Promise<ProviderTokenBed>): void {
  describe(`a store of provider tokens on ${backend}`, () => {
    let store: ProviderTokenStore;
    let replica: ProviderTokenStore;
    let clock: { now: number };
    beforeEach(async () => {
      ({ store, replica, clock } = await open());
    });
    const example = (changes: Partial<ProviderTokens> = {}): ProviderTokens => ({
      sessionId: `ses-${++made}`,
      provider: 'corp',
      sealed: '1.k.c2VhbGVk',
      createdAt: clock.now,
      expiresAt: clock.now + 3_600_000,
      succeededAt: clock.now,
      failures: 0,
      ...changes,
    });
    const add = async (dueIn?: number, changes: Partial<ProviderTokens> = {}) => {
      const tokens = example(changes);
      await store.keep(tokens, dueIn === undefined ? undefined : clock.now + dueIn);
      return tokens;
    };
    const held = async (from: ProviderTokenStore, sessionId: string): Promise<HeldTokens> => {
      const tokens = await from.hold(sessionId, 60_000);
      if (tokens === undefined || tokens === 'held') throw new Error(`they are ${String(tokens)}`);
      return tokens;
    };
    const outcome = (changes: object = {}) => ({ sealed: '1.k.bmV3', succeededAt: clock.now, failures: 0, ...changes });

    it('returns tokens as they were kept, at most until the session ends', async () => {
      const tokens = await add();
      expect(await replica.read(tokens.sessionId)).toEqual(tokens);
      expect(await replica.read('nobody')).toBeUndefined();
      clock.now = tokens.expiresAt;
      expect(await replica.read(tokens.sessionId)).toBeUndefined();
      expect(await replica.hold(tokens.sessionId, 1000)).toBeUndefined();
    });

    it('returns what is due, the longest due first, and never what is not to be refreshed', async () => {
      const late = await add(2000);
      const early = await add(1000);
      await add();
      expect(await store.takeDue(10, 60_000)).toEqual([]);
      clock.now += 1000;
      expect(await store.takeDue(10, 60_000)).toEqual([early.sessionId]);
      clock.now += 120_000;
      expect(await store.takeDue(1, 60_000)).toEqual([late.sessionId]);
      expect(await store.takeDue(10, 60_000)).toEqual([early.sessionId]);
      expect(await store.count()).toBe(2);
    });

    it('gives each to only one of many concurrent takers, and again when the lease has ended', async () => {
      const ids = (await Promise.all(Array.from({ length: 30 }, () => add(0)))).map(({ sessionId }) => sessionId);
      const taken = (
        await Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? store : replica).takeDue(7, 60_000)))
      ).flat();
      expect(taken.toSorted()).toEqual(ids.toSorted());
      expect(await replica.takeDue(100, 60_000)).toEqual([]);
      clock.now += 60_000;
      expect((await replica.takeDue(100, 60_000)).toSorted()).toEqual(ids.toSorted());
    });

    it('follows the last schedule', async () => {
      const { sessionId } = await add(1000);
      await replica.schedule(sessionId, clock.now + 5000);
      clock.now += 1000;
      expect(await store.takeDue(10, 60_000)).toEqual([]);
      clock.now += 4000;
      expect(await store.takeDue(10, 60_000)).toEqual([sessionId]);
      await store.schedule('nobody', clock.now);
      expect(await store.takeDue(10, 60_000)).toEqual([]);
    });

    it('lets only one of many concurrent callers hold them', async () => {
      const tokens = await add(0);
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? store : replica).hold(tokens.sessionId, 60_000)),
      );
      expect(outcomes.filter((one) => one === 'held')).toHaveLength(9);
      expect(outcomes.find((one) => one !== 'held')).toEqual({ ...tokens, fence: expect.any(Number) });
      expect(await store.hold('nobody', 60_000)).toBeUndefined();
    });

    it('keeps the outcome and releases them', async () => {
      const tokens = await add(0);
      const first = await held(store, tokens.sessionId);
      clock.now += 1000;
      expect(await store.settle(first, outcome({ failures: 2 }))).toBe(true);
      expect(await replica.read(tokens.sessionId)).toEqual({
        ...tokens,
        sealed: '1.k.bmV3',
        succeededAt: clock.now,
        failures: 2,
      });
      expect(await held(replica, tokens.sessionId)).toMatchObject({ fence: first.fence + 1, sealed: '1.k.bmV3' });
    });

    it('lets no earlier holder write: a newer rotation is never lost', async () => {
      const tokens = await add(0);
      const slow = await held(store, tokens.sessionId);
      clock.now += 60_000;
      const next = await held(replica, tokens.sessionId);
      expect(await store.settle(slow, outcome({ sealed: '1.k.b2xk' }))).toBe(false);
      expect(await replica.settle(next, outcome())).toBe(true);
      expect(await store.settle(slow, outcome({ sealed: '1.k.b2xk' }))).toBe(false);
      expect(await store.read(tokens.sessionId)).toMatchObject({ sealed: '1.k.bmV3' });
    });

    it('forgets them, and revives none by settling, scheduling or taking what is due', async () => {
      const tokens = await add(0);
      const one = await held(store, tokens.sessionId);
      await replica.forget(tokens.sessionId);
      expect(await store.settle(one, outcome())).toBe(false);
      await store.schedule(tokens.sessionId, clock.now);
      expect(await store.takeDue(10, 60_000)).toEqual([]);
      expect(await store.read(tokens.sessionId)).toBeUndefined();
      expect(await store.count()).toBe(0);
    });

    it('starts over when tokens are kept again', async () => {
      const tokens = await add(0);
      const before = await held(store, tokens.sessionId);
      await store.settle(before, outcome({ failures: 3 }));
      await store.keep({ ...tokens, sealed: '1.k.YW5ldw' }, clock.now + 5000);
      expect(await replica.read(tokens.sessionId)).toEqual({ ...tokens, sealed: '1.k.YW5ldw' });
      await held(replica, tokens.sessionId);
      expect(await store.settle(before, outcome())).toBe(false);
    });
  });
}
