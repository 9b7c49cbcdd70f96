import { describe, expect, it } from '@jest/globals';
import { source, type DirectoryBed } from './directory-store-bed.ts';

/** Registers the rules for entries. */
export function describeEntries(bed: DirectoryBed): void {
  const { entry, add, person, group } = bed;
  describe('entries', () => {
    it('are read back as written by every replica, but not as another kind or from another source', async () => {
      const one = await person({
        keys: ['name:älice, "x"', 'email:a@b'],
        body: { userName: 'älice, "x"', deep: { list: [1, null, { a: true }] } },
      });
      expect(await bed.replica.get(source, 'people', [one.id, 'nobody'])).toEqual([one, undefined]);
      expect(await bed.replica.get(source, 'groups', [one.id])).toEqual([undefined]);
      expect(await bed.replica.get('other', 'people', [one.id])).toEqual([undefined]);
      expect(await bed.replica.find(source, 'people', 'name:älice, "x"')).toEqual([one]);
      expect(await bed.replica.find('other', 'people', 'email:a@b')).toEqual([]);
      expect(await bed.replica.get(source, 'people', [])).toEqual([]);
    });

    it('are replaced in the expected version, and are then found by their new keys only', async () => {
      const one = await person({ keys: ['name:a', 'email:a@x'] });
      const next = { ...one, keys: ['name:b', 'email:a@x'], version: 2, active: false };
      expect(await bed.store.put(source, 'people', next, { expected: 2 })).toBe('stale');
      expect(await bed.replica.put(source, 'people', next, { expected: 1 })).toBe('written');
      expect(await bed.store.put(source, 'people', { ...next, version: 3 }, { expected: 1 })).toBe('stale');
      expect(await bed.store.put(source, 'people', one, { expected: undefined })).toBe('stale');
      expect(await bed.store.find(source, 'people', 'name:a')).toEqual([]);
      expect(await bed.store.find(source, 'people', 'name:b')).toEqual([next]);
      expect(await bed.store.find(source, 'people', 'email:a@x')).toEqual([next]);
      expect(await bed.store.put(source, 'people', entry(), { expected: 1 })).toBe('stale');
    });

    it('may share keys except unique ones; of concurrent writers of a unique key, one succeeds', async () => {
      await person({ keys: ['name:a', 'email:shared'] });
      await person({ keys: ['name:b', 'email:shared'] });
      expect(await bed.store.find(source, 'people', 'email:shared')).toHaveLength(2);
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          (n % 2 === 0 ? bed.store : bed.replica).put(source, 'people', entry({ keys: ['name:c'] }), {
            expected: undefined,
            unique: ['name:c'],
          }),
        ),
      );
      expect(outcomes.toSorted()).toEqual([...Array<string>(7).fill('taken'), 'written']);
      expect(
        await bed.store.put('other', 'people', entry({ keys: ['name:c'] }), {
          expected: undefined,
          unique: ['name:c'],
        }),
      ).toBe('written');
      const [held] = await bed.store.find(source, 'people', 'name:c');
      expect(await bed.store.put(source, 'people', { ...held!, version: 2 }, { expected: 1, unique: ['name:c'] })).toBe(
        'written',
      );
    });

    it('are found by a whole key, not by a prefix', async () => {
      const one = await person({ keys: ['name:al'] });
      await person({ keys: ['name:alice'] });
      await person({ keys: ['name:al ice'] });
      expect(await bed.store.find(source, 'people', 'name:al')).toEqual([one]);
    });

    it('are listed by age, from any index on, with the total', async () => {
      const all = [];
      for (let n = 0; n < 5; n += 1) {
        all.push(await person());
        bed.clock.now += 1;
      }
      expect(await bed.replica.list(source, 'people', 0, 2)).toEqual({ total: 5, entries: all.slice(0, 2) });
      expect(await bed.replica.list(source, 'people', 3, 10)).toEqual({ total: 5, entries: all.slice(3) });
      expect(await bed.replica.list(source, 'people', 9, 10)).toEqual({ total: 5, entries: [] });
      expect(await bed.replica.list(source, 'people', 0, 0)).toEqual({ total: 5, entries: [] });
      expect(await bed.replica.list('other', 'groups', 0, 10)).toEqual({ total: 0, entries: [] });
      await bed.store.put(source, 'people', { ...all[0]!, version: 2 }, { expected: 1 });
      expect((await bed.replica.list(source, 'people', 0, 5)).entries.map(({ id }) => id)).toEqual(
        all.map(({ id }) => id),
      );
    });

    it('are removed with their keys and memberships, and only in the expected version', async () => {
      const one = await person({ keys: ['name:a'] });
      const { id } = await group();
      await bed.store.changeMembers(source, id, { add: [one.id] });
      expect(await bed.store.remove(source, 'people', one.id, { expected: 7 })).toBe(false);
      expect(await bed.replica.remove(source, 'people', one.id, { expected: 1 })).toBe(true);
      expect(await bed.store.remove(source, 'people', one.id)).toBe(false);
      expect([
        await bed.store.get(source, 'people', [one.id]),
        await bed.store.find(source, 'people', 'name:a'),
        await bed.store.memberIds(source, id),
        await bed.store.groupIds(source, one.id),
      ]).toEqual([[undefined], [], [], []]);
      expect((await bed.store.list(source, 'people', 0, 10)).total).toBe(0);
      expect(await bed.store.memberVersions(source, [id])).toEqual([2]);
    });

    it('are remembered as gone by the given keys until another person has one of them', async () => {
      const one = await person({ keys: ['name:a', 'email:a'] });
      expect(await bed.store.isGone(source, ['name:a'])).toBe(false);
      await bed.store.remove(source, 'people', one.id, { gone: ['name:a', 'email:a'] });
      expect(await bed.replica.isGone(source, ['name:b', 'name:a'])).toBe(true);
      expect(await bed.replica.isGone('other', ['name:a'])).toBe(false);
      expect(await bed.replica.isGone(source, [])).toBe(false);
      await add('groups', { keys: ['name:a'] });
      expect(await bed.replica.isGone(source, ['name:a'])).toBe(true);
      await person({ keys: ['name:a'] });
      expect([await bed.replica.isGone(source, ['name:a']), await bed.replica.isGone(source, ['email:a'])]).toEqual([
        false,
        true,
      ]);
    });
  });
}
