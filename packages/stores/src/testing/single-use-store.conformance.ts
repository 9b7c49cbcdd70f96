import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SingleUseStore } from '../single-use/single-use-store.ts';

/** Registers the rules for every single-use store. `pass` lets time pass, really or on the clock of the store. */
export function describeSingleUseStore(
  backend: string,
  open: () => Promise<{ store: SingleUseStore; pass: (ms: number) => Promise<void> }>,
): void {
  describe(`a single-use store on ${backend}`, () => {
    let store: SingleUseStore;
    let pass: (ms: number) => Promise<void>;
    beforeEach(async () => {
      ({ store, pass } = await open());
    });

    it('gives a value out once', async () => {
      await store.put('login', 'state', { nonce: 'n', list: [1, 'ü'] }, 60_000);
      expect(await store.take('login', 'state')).toEqual({ nonce: 'n', list: [1, 'ü'] });
      expect(await store.take('login', 'state')).toBeUndefined();
    });

    it('gives a value to only one of many concurrent takers', async () => {
      await store.put('code', 'c', 'value', 60_000);
      const taken = await Promise.all(Array.from({ length: 20 }, () => store.take('code', 'c')));
      expect(taken.filter((value) => value === 'value')).toHaveLength(1);
      expect(taken.filter((value) => value === undefined)).toHaveLength(19);
    });

    it('keeps kinds apart', async () => {
      await store.put('a', 'b\0c', 1, 60_000);
      expect(await store.take('a\0b', 'c')).toBeUndefined();
      expect(await store.take('b', 'b\0c')).toBeUndefined();
      expect(await store.take('a', 'b\0c')).toBe(1);
    });

    it('forgets a value when it expires', async () => {
      await store.put('code', 'short', true, 50);
      await store.put('code', 'long', true, 60_000);
      await pass(100);
      expect(await store.take('code', 'short')).toBeUndefined();
      expect(await store.take('code', 'long')).toBe(true);
    });

    it('has no value that was never put', async () => {
      expect(await store.take('login', 'nothing')).toBeUndefined();
      expect(await store.read('login', 'nothing')).toBeUndefined();
    });

    it('returns a value on every read until it is taken or expires', async () => {
      await store.put('device', 'asked', { id: 1 }, 60_000);
      expect(await store.read('device', 'asked')).toEqual({ id: 1 });
      expect(await store.read('device', 'asked')).toEqual({ id: 1 });
      await store.put('device', 'asked', { id: 2 }, 60_000);
      expect(await store.take('device', 'asked')).toEqual({ id: 2 });
      expect(await store.read('device', 'asked')).toBeUndefined();
      await store.put('device', 'short', 1, 50);
      await pass(100);
      expect(await store.read('device', 'short')).toBeUndefined();
    });

    it('lets only one of many concurrent claims succeed, and another one after it expired', async () => {
      const claims = await Promise.all(Array.from({ length: 20 }, (_, n) => store.claim('poll', 'place', n, 80)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      expect(await store.read('poll', 'place')).toBe(claims.indexOf(true));
      await pass(160);
      expect(await store.claim('poll', 'place', 'later', 60_000)).toBe(true);
      await store.take('poll', 'place');
      expect(await store.claim('poll', 'place', 'again', 60_000)).toBe(true);
      expect(await store.claim('other', 'place', 'apart', 60_000)).toBe(true);
    });

    it('counts events, concurrent ones too, until the window ends', async () => {
      const counts = await Promise.all(Array.from({ length: 20 }, () => store.count('guesses', 'here', 400)));
      expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
      expect(await store.count('guesses', 'there', 400)).toBe(1);
      await pass(500);
      expect(await store.count('guesses', 'here', 400)).toBe(1);
    });
  });
}
