import { describe, expect, it } from '@jest/globals';
import { source, type DirectoryBed } from './directory-store-bed.ts';

/** Registers the rules for links and touched keys. */
export function describeTouches(bed: DirectoryBed): void {
  const { add, group, take, takeKeys } = bed;
  describe('links and touches', () => {
    it('a key leads to the people whose sessions depend on it, until those sessions expire', async () => {
      const [a, b] = [
        { issuer: 'https://idp', subject: 'a' },
        { issuer: 'https://idp', subject: 'b' },
      ];
      await bed.store.link(source, 'name:a', a, bed.clock.now + 1000);
      await bed.store.link(source, 'name:a', b, bed.clock.now + 5000);
      await bed.replica.link(source, 'name:a', a, bed.clock.now + 500);
      expect(await bed.replica.linked(source, 'name:a')).toEqual(expect.arrayContaining([a, b]));
      expect(await bed.replica.linked(source, 'name:b')).toEqual([]);
      expect(await bed.replica.linked('other', 'name:a')).toEqual([]);
      bed.clock.now += 999;
      expect(await bed.store.linked(source, 'name:a')).toHaveLength(2);
      bed.clock.now += 1;
      expect(await bed.store.linked(source, 'name:a')).toEqual([b]);
      bed.clock.now += 4000;
      expect(await bed.store.linked(source, 'name:a')).toEqual([]);
    });

    it('a write touches its keys only if it changes something', async () => {
      const a = await add('people', {}, { touched: ['1'] });
      await bed.store.put(source, 'people', { ...a, version: 2 }, { expected: 1, touched: ['2'] });
      await bed.store.put(source, 'people', { ...a, version: 2 }, { expected: 1, touched: ['never'] });
      const { id } = await group();
      await bed.store.changeMembers(source, id, { add: [a.id], touched: ['3'] });
      await bed.store.changeMembers(source, id, { add: [a.id], touched: ['never'] });
      await bed.store.remove(source, 'people', a.id, { expected: 9, touched: ['never'] });
      await bed.store.remove(source, 'people', a.id, { touched: ['4'] });
      await bed.store.touch(source, ['5', '5']);
      await bed.store.touch(source, []);
      expect(await bed.replica.touchedCount(source)).toBe(5);
      expect((await takeKeys()).toSorted()).toEqual(['1', '2', '3', '4', '5']);
      expect(await bed.store.touchedCount('other')).toBe(0);
    });

    it('a touched key is leased to one worker, oldest first, and again when the lease expires', async () => {
      for (let n = 0; n < 20; n += 1) {
        await bed.store.touch(source, [`k${String(n).padStart(2, '0')}`]);
        bed.clock.now += 1;
      }
      expect((await take(bed.store, 2)).map(({ key }) => key)).toEqual(['k00', 'k01']);
      const taken = (
        await Promise.all(Array.from({ length: 6 }, (_, n) => take(n % 2 === 0 ? bed.store : bed.replica, 5)))
      ).flat();
      expect(new Set(taken.map(({ key }) => key)).size).toBe(18);
      expect(taken).toHaveLength(18);
      bed.clock.now += 30_000;
      expect(await take(bed.replica)).toHaveLength(20);
    });

    it('a completed key is removed, unless it was touched again in the meantime', async () => {
      await bed.store.touch(source, ['a', 'b']);
      const [a, b] = (await take()).toSorted((one, other) => (one.key < other.key ? -1 : 1));
      bed.clock.now += 10;
      await bed.replica.touch(source, ['b']);
      await bed.store.completeTouched(source, a!);
      await bed.store.completeTouched(source, b!);
      expect(await takeKeys()).toEqual(['b']);
      expect(await bed.store.touchedCount(source)).toBe(1);
    });
  });
}
