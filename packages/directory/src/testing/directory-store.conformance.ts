// oxlint-disable max-lines-per-function -- a suite of tests is as long as its rules
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DirectoryEntry, DirectoryStore, WriteAbout } from '../store/directory-store.ts';

/** What a backend brings: a store on an empty space, a replica of it, and a clock that the suite moves. */
export type DirectoryBed = { store: DirectoryStore; replica: DirectoryStore; clock: { now: number } };

let made = 0;

/** Registers the rules that every directory keeps. `open` is called before each test. */
export function describeDirectoryStore(backend: string, open: () => Promise<DirectoryBed>): void {
  describe(`a directory on ${backend}`, () => {
    let store: DirectoryStore;
    let replica: DirectoryStore;
    let clock: { now: number };
    beforeEach(async () => {
      ({ store, replica, clock } = await open());
    });
    const source = 'push';
    const entry = (changes: Partial<DirectoryEntry> = {}): DirectoryEntry => {
      const id = changes.id ?? `id-${String(++made).padStart(6, '0')}`;
      return {
        id,
        keys: [`name:${id}`],
        active: true,
        body: { userName: id },
        version: 1,
        createdAt: clock.now,
        changedAt: clock.now,
        ...changes,
      };
    };
    const add = async (
      kind: 'people' | 'groups',
      changes: Partial<DirectoryEntry> = {},
      about: Partial<WriteAbout> = {},
    ) => {
      const one = entry(changes);
      expect(await store.put(source, kind, one, { expected: undefined, ...about })).toBe('written');
      return one;
    };
    const person = (changes?: Partial<DirectoryEntry>) => add('people', changes);
    const group = (changes?: Partial<DirectoryEntry>) => add('groups', changes);
    const take = (from = store, limit = 100) => from.takeTouched(source, limit, 30_000);
    const keys = async () => (await take()).map(({ key }) => key);

    describe('entries', () => {
      it('come back as they were written, on every replica, and not under the other kind or another source', async () => {
        const one = await person({
          keys: ['name:älice, "x"', 'email:a@b'],
          body: { userName: 'älice, "x"', deep: { list: [1, null, { a: true }] } },
        });
        expect(await replica.get(source, 'people', [one.id, 'nobody'])).toEqual([one, undefined]);
        expect(await replica.get(source, 'groups', [one.id])).toEqual([undefined]);
        expect(await replica.get('other', 'people', [one.id])).toEqual([undefined]);
        expect(await replica.find(source, 'people', 'name:älice, "x"')).toEqual([one]);
        expect(await replica.find('other', 'people', 'email:a@b')).toEqual([]);
        expect(await replica.get(source, 'people', [])).toEqual([]);
      });

      it('are replaced in the version that was expected, and found by their new keys only', async () => {
        const one = await person({ keys: ['name:a', 'email:a@x'] });
        const next = { ...one, keys: ['name:b', 'email:a@x'], version: 2, active: false };
        expect(await store.put(source, 'people', next, { expected: 2 })).toBe('stale');
        expect(await replica.put(source, 'people', next, { expected: 1 })).toBe('written');
        expect(await store.put(source, 'people', { ...next, version: 3 }, { expected: 1 })).toBe('stale');
        expect(await store.put(source, 'people', one, { expected: undefined })).toBe('stale');
        expect(await store.find(source, 'people', 'name:a')).toEqual([]);
        expect(await store.find(source, 'people', 'name:b')).toEqual([next]);
        expect(await store.find(source, 'people', 'email:a@x')).toEqual([next]);
        expect(await store.put(source, 'people', entry(), { expected: 1 })).toBe('stale');
      });

      it('share keys, but not those that are unique; of many at once one gets it', async () => {
        await person({ keys: ['name:a', 'email:shared'] });
        await person({ keys: ['name:b', 'email:shared'] });
        expect(await store.find(source, 'people', 'email:shared')).toHaveLength(2);
        const outcomes = await Promise.all(
          Array.from({ length: 8 }, (_, n) =>
            (n % 2 === 0 ? store : replica).put(source, 'people', entry({ keys: ['name:c'] }), {
              expected: undefined,
              unique: ['name:c'],
            }),
          ),
        );
        expect(outcomes.toSorted()).toEqual([...Array<string>(7).fill('taken'), 'written']);
        expect(
          await store.put('other', 'people', entry({ keys: ['name:c'] }), { expected: undefined, unique: ['name:c'] }),
        ).toBe('written');
        const [held] = await store.find(source, 'people', 'name:c');
        expect(await store.put(source, 'people', { ...held!, version: 2 }, { expected: 1, unique: ['name:c'] })).toBe(
          'written',
        );
      });

      it('are found by a whole key: none that begins like it', async () => {
        const one = await person({ keys: ['name:al'] });
        await person({ keys: ['name:alice'] });
        await person({ keys: ['name:al ice'] });
        expect(await store.find(source, 'people', 'name:al')).toEqual([one]);
      });

      it('are listed by age, from any place on, with how many there are', async () => {
        const all = [];
        for (let n = 0; n < 5; n += 1) {
          all.push(await person());
          clock.now += 1;
        }
        expect(await replica.list(source, 'people', 0, 2)).toEqual({ total: 5, entries: all.slice(0, 2) });
        expect(await replica.list(source, 'people', 3, 10)).toEqual({ total: 5, entries: all.slice(3) });
        expect(await replica.list(source, 'people', 9, 10)).toEqual({ total: 5, entries: [] });
        expect(await replica.list(source, 'people', 0, 0)).toEqual({ total: 5, entries: [] });
        expect(await replica.list('other', 'groups', 0, 10)).toEqual({ total: 0, entries: [] });
        await store.put(source, 'people', { ...all[0]!, version: 2 }, { expected: 1 });
        expect((await replica.list(source, 'people', 0, 5)).entries.map(({ id }) => id)).toEqual(
          all.map(({ id }) => id),
        );
      });

      it('go with their keys and memberships, and only in the version that was expected', async () => {
        const one = await person({ keys: ['name:a'] });
        const { id } = await group();
        await store.changeMembers(source, id, { add: [one.id] });
        expect(await store.remove(source, 'people', one.id, { expected: 7 })).toBe(false);
        expect(await replica.remove(source, 'people', one.id, { expected: 1 })).toBe(true);
        expect(await store.remove(source, 'people', one.id)).toBe(false);
        expect([
          await store.get(source, 'people', [one.id]),
          await store.find(source, 'people', 'name:a'),
          await store.memberIds(source, id),
          await store.groupIds(source, one.id),
        ]).toEqual([[undefined], [], [], []]);
        expect((await store.list(source, 'people', 0, 10)).total).toBe(0);
        expect(await store.memberVersions(source, [id])).toEqual([2]);
      });

      it('are remembered as gone by the keys that were said, until somebody has one of them again', async () => {
        const one = await person({ keys: ['name:a', 'email:a'] });
        expect(await store.isGone(source, ['name:a'])).toBe(false);
        await store.remove(source, 'people', one.id, { gone: ['name:a', 'email:a'] });
        expect(await replica.isGone(source, ['name:b', 'name:a'])).toBe(true);
        expect(await replica.isGone('other', ['name:a'])).toBe(false);
        expect(await replica.isGone(source, [])).toBe(false);
        await add('groups', { keys: ['name:a'] });
        expect(await replica.isGone(source, ['name:a'])).toBe(true);
        await person({ keys: ['name:a'] });
        expect([await replica.isGone(source, ['name:a']), await replica.isGone(source, ['email:a'])]).toEqual([
          false,
          true,
        ]);
      });
    });

    describe('memberships', () => {
      it('are found from both sides', async () => {
        const [a, b] = [await person(), await person()];
        const [one, two] = [await group(), await group()];
        expect(await store.changeMembers(source, one.id, { add: [a.id, b.id] })).toEqual({
          added: [a.id, b.id],
          removed: [],
          unknown: [],
        });
        await replica.changeMembers(source, two.id, { add: [b.id] });
        expect(await replica.memberIds(source, one.id)).toEqual([a.id, b.id]);
        expect(await replica.groupIds(source, b.id)).toEqual([one.id, two.id]);
        expect(await store.areMembers(source, two.id, [a.id, b.id, 'nobody'])).toEqual([false, true, false]);
        expect(await store.areMembers(source, two.id, [])).toEqual([]);
        expect(await store.memberIds('other', one.id)).toEqual([]);
      });

      it('change by what is new: twice in is once in, and who is not in is not taken out', async () => {
        const [a, b] = [await person(), await person()];
        const { id } = await group();
        await store.changeMembers(source, id, { add: [a.id] });
        expect(await store.changeMembers(source, id, { add: [a.id, b.id, b.id] })).toEqual({
          added: [b.id],
          removed: [],
          unknown: [],
        });
        expect(await store.changeMembers(source, id, { remove: [a.id, 'nobody'] })).toEqual({
          added: [],
          removed: [a.id],
          unknown: [],
        });
        expect(await store.changeMembers(source, id, { remove: [a.id] })).toEqual({
          added: [],
          removed: [],
          unknown: [],
        });
        expect(await store.memberVersions(source, [id, 'none'])).toEqual([3, 0]);
        expect(await store.memberIds(source, id)).toEqual([b.id]);
      });

      it('are not made for the sake of somebody who does not exist, and not of a group that does not', async () => {
        const a = await person();
        const { id } = await group();
        expect(await store.changeMembers(source, id, { add: [a.id, 'ghost'], touched: ['t'] })).toEqual({
          added: [],
          removed: [],
          unknown: ['ghost'],
        });
        expect(await store.memberIds(source, id)).toEqual([]);
        expect(await store.changeMembers(source, 'none', { add: [a.id] })).toBeUndefined();
        expect(await keys()).toEqual([]);
      });

      it('keep a group from being removed until they are gone', async () => {
        const a = await person();
        const { id } = await group();
        await store.changeMembers(source, id, { add: [a.id] });
        await expect(replica.remove(source, 'groups', id)).rejects.toMatchObject({ code: 'conflict' });
        await store.changeMembers(source, id, { remove: [a.id] });
        expect(await replica.remove(source, 'groups', id)).toBe(true);
        expect(await store.groupIds(source, a.id)).toEqual([]);
      });

      it('of thousands in one group are found from both sides', async () => {
        const { id } = await group();
        const ids = Array.from({ length: 3000 }, (_, n) => `p-${String(n).padStart(5, '0')}`);
        for (let from = 0; from < ids.length; from += 100) {
          const some = ids.slice(from, from + 100);
          await Promise.all(some.map((one) => person({ id: one })));
          await store.changeMembers(source, id, { add: some });
        }
        expect(await store.memberIds(source, id)).toEqual(ids);
        expect(await store.groupIds(source, 'p-02000')).toEqual([id]);
      }, 30_000);
    });

    describe('links and touches', () => {
      it('a key leads to the people whose sessions hang on it, as long as those may live', async () => {
        const [a, b] = [
          { issuer: 'https://idp', subject: 'a' },
          { issuer: 'https://idp', subject: 'b' },
        ];
        await store.link(source, 'name:a', a, clock.now + 1000);
        await store.link(source, 'name:a', b, clock.now + 5000);
        await replica.link(source, 'name:a', a, clock.now + 500);
        expect(await replica.linked(source, 'name:a')).toEqual(expect.arrayContaining([a, b]));
        expect(await replica.linked(source, 'name:b')).toEqual([]);
        expect(await replica.linked('other', 'name:a')).toEqual([]);
        clock.now += 999;
        expect(await store.linked(source, 'name:a')).toHaveLength(2);
        clock.now += 1;
        expect(await store.linked(source, 'name:a')).toEqual([b]);
        clock.now += 4000;
        expect(await store.linked(source, 'name:a')).toEqual([]);
      });

      it('every change touches what it says, if something changed', async () => {
        const a = await add('people', {}, { touched: ['1'] });
        await store.put(source, 'people', { ...a, version: 2 }, { expected: 1, touched: ['2'] });
        await store.put(source, 'people', { ...a, version: 2 }, { expected: 1, touched: ['never'] });
        const { id } = await group();
        await store.changeMembers(source, id, { add: [a.id], touched: ['3'] });
        await store.changeMembers(source, id, { add: [a.id], touched: ['never'] });
        await store.remove(source, 'people', a.id, { expected: 9, touched: ['never'] });
        await store.remove(source, 'people', a.id, { touched: ['4'] });
        await store.touch(source, ['5', '5']);
        await store.touch(source, []);
        expect(await replica.touchedCount(source)).toBe(5);
        expect((await keys()).toSorted()).toEqual(['1', '2', '3', '4', '5']);
        expect(await store.touchedCount('other')).toBe(0);
      });

      it('what is touched is given to one of many takers, the longest touched first, and again when that one never came back', async () => {
        for (let n = 0; n < 20; n += 1) {
          await store.touch(source, [`k${String(n).padStart(2, '0')}`]);
          clock.now += 1;
        }
        expect((await take(store, 2)).map(({ key }) => key)).toEqual(['k00', 'k01']);
        const taken = (
          await Promise.all(Array.from({ length: 6 }, (_, n) => take(n % 2 === 0 ? store : replica, 5)))
        ).flat();
        expect(new Set(taken.map(({ key }) => key)).size).toBe(18);
        expect(taken).toHaveLength(18);
        clock.now += 30_000;
        expect(await take(replica)).toHaveLength(20);
      });

      it('what is done is gone, unless it was touched again meanwhile', async () => {
        await store.touch(source, ['a', 'b']);
        const [a, b] = (await take()).toSorted((one, other) => (one.key < other.key ? -1 : 1));
        clock.now += 10;
        await replica.touch(source, ['b']);
        await store.completeTouched(source, a!);
        await store.completeTouched(source, b!);
        expect(await keys()).toEqual(['b']);
        expect(await store.touchedCount(source)).toBe(1);
      });
    });

    it('tells when a source was last read as a whole', async () => {
      expect(await store.lastSync(source)).toBeUndefined();
      await store.recordSync(source, { at: clock.now, people: 3, groups: 1 });
      expect(await replica.lastSync(source)).toEqual({ at: clock.now, people: 3, groups: 1 });
      expect(await replica.lastSync('other')).toBeUndefined();
    });
  });
}
