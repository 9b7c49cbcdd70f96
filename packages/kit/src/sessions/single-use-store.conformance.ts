import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SingleUseStore } from './single-use-store.ts';

/** Registers the rules that every single-use store keeps. `pass` lets time go by, really or by the store's clock. */
export function describeSingleUseStore(backend: string, open: () => Promise<{ store: SingleUseStore; pass: (ms: number) => Promise<void> }>): void {
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

    it('gives it to one of many takers at once', async () => {
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

    it('forgets a value when its time is over', async () => {
      await store.put('code', 'short', true, 50);
      await store.put('code', 'long', true, 60_000);
      await pass(100);
      expect(await store.take('code', 'short')).toBeUndefined();
      expect(await store.take('code', 'long')).toBe(true);
    });

    it('knows nothing that was never put', async () => {
      expect(await store.take('login', 'nothing')).toBeUndefined();
    });
  });
}
