import { beforeEach, describe, expect, it } from '@jest/globals';
import type { NameStore } from '../names/name-store.ts';

const alice = { uid: 'a'.repeat(43), user: 'alice@example.com' };
const bob = { uid: 'b'.repeat(43), user: 'bob@example.com' };

/** Registers the rules for every store of names. `replica` is another client of the same store. */
export function describeNameStore(
  backend: string,
  open: () => Promise<{ store: NameStore; replica: NameStore; clock: { now: number } }>,
): void {
  describe(`a store of names on ${backend}`, () => {
    let store: NameStore;
    let replica: NameStore;
    let clock: { now: number };
    beforeEach(async () => {
      ({ store, replica, clock } = await open());
    });

    it('gives a name to who asks first, and keeps it from all others for good', async () => {
      const since = clock.now;
      expect(await store.hold('deployer', alice)).toBe('given');
      clock.now += 400 * 86_400_000;
      expect(await replica.hold('deployer', bob)).toBe('of-another');
      expect(await replica.hold('deployer', { ...alice, user: 'alice-renamed' })).toBe('held');
      expect(await replica.read('deployer')).toEqual({ name: 'deployer', ...alice, since });
      expect(await replica.read('count')).toBeUndefined();
    });

    it('gives it to one of many that ask at once', async () => {
      const people = Array.from({ length: 20 }, (_one, n) => ({ uid: `uid-${n}`, user: `u${n}` }));
      const outcomes = await Promise.all(people.map((one, n) => (n % 2 ? store : replica).hold('deployer', one)));
      expect(outcomes.toSorted()).toEqual(['given', ...Array<string>(19).fill('of-another')]);
      expect(await store.read('deployer')).toMatchObject(people[outcomes.indexOf('given')]!);
    });

    it('gives no one more than the maximum, and then does not say whether a name is free', async () => {
      await store.hold('bobs', bob);
      const asked = Array.from({ length: 8 }, (_one, n) =>
        (n % 2 ? store : replica).hold(`name-${n}`, alice, { max: 5 }),
      );
      const outcomes = await Promise.all(asked);
      expect(outcomes.filter((one) => one === 'given')).toHaveLength(5);
      expect(outcomes.filter((one) => one === 'too-many')).toHaveLength(3);
      expect([await store.hold('bobs', alice, { max: 5 }), await store.hold('free', alice, { max: 5 })]).toEqual([
        'too-many',
        'too-many',
      ]);
      const own = `name-${outcomes.indexOf('given')}`;
      expect(await store.hold(own, alice, { max: 5 })).toBe('held');
      expect(await store.hold('without-limit', alice)).toBe('given');
      await store.release(own, alice.uid);
      await store.release('without-limit', alice.uid);
      expect([await store.hold('free', alice, { max: 5 }), await store.hold('other', alice, { max: 5 })]).toEqual([
        'given',
        'too-many',
      ]);
    });

    it('gives a reserved name to no one, with the answer for one of another', async () => {
      const reserved = { max: 1, reserved: true };
      expect(await store.hold('prod', alice, reserved)).toBe('of-another');
      expect(await store.read('prod')).toBeUndefined();
      await store.hold('deployer', alice);
      expect([await store.hold('prod', alice, reserved), await store.hold('deployer', alice, reserved)]).toEqual([
        'too-many',
        'too-many',
      ]);
      expect(await store.hold('deployer', alice, { reserved: true })).toBe('of-another');
    });

    it('frees a name of its holder only, once', async () => {
      await store.hold('deployer', alice);
      expect(await replica.release('deployer', bob.uid)).toBe(false);
      expect(await replica.release('other', alice.uid)).toBe(false);
      const released = await Promise.all([store, replica].map((one) => one.release('deployer', alice.uid)));
      expect(released.filter(Boolean)).toHaveLength(1);
      expect(await store.read('deployer')).toBeUndefined();
      expect(await store.hold('deployer', bob)).toBe('given');
    });

    it('lists all names', async () => {
      const since = clock.now;
      for (const [name, holder] of [
        ['b', alice],
        ['a', bob],
        ['c', alice],
      ] as const)
        await store.hold(name, holder);
      await store.release('c', alice.uid);
      expect(await replica.list()).toEqual([
        { name: 'a', ...bob, since },
        { name: 'b', ...alice, since },
      ]);
    });
  });
}
