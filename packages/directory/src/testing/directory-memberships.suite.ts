import { describe, expect, it } from '@jest/globals';
import { source, type DirectoryBed } from './directory-store-bed.ts';

/** Registers the rules for memberships. */
export function describeMemberships(bed: DirectoryBed): void {
  const { person, group, takeKeys } = bed;
  describe('memberships', () => {
    it('are found by group and by person', async () => {
      const [a, b] = [await person(), await person()];
      const [one, two] = [await group(), await group()];
      expect(await bed.store.changeMembers(source, one.id, { add: [a.id, b.id] })).toEqual({
        added: [a.id, b.id],
        removed: [],
        unknown: [],
      });
      await bed.replica.changeMembers(source, two.id, { add: [b.id] });
      expect(await bed.replica.memberIds(source, one.id)).toEqual([a.id, b.id]);
      expect(await bed.replica.groupIds(source, b.id)).toEqual([one.id, two.id]);
      expect(await bed.store.areMembers(source, two.id, [a.id, b.id, 'nobody'])).toEqual([false, true, false]);
      expect(await bed.store.areMembers(source, two.id, [])).toEqual([]);
      expect(await bed.store.memberIds('other', one.id)).toEqual([]);
    });

    it('report only real changes: adding a member again or removing a non-member changes nothing', async () => {
      const [a, b] = [await person(), await person()];
      const { id } = await group();
      await bed.store.changeMembers(source, id, { add: [a.id] });
      expect(await bed.store.changeMembers(source, id, { add: [a.id, b.id, b.id] })).toEqual({
        added: [b.id],
        removed: [],
        unknown: [],
      });
      expect(await bed.store.changeMembers(source, id, { remove: [a.id, 'nobody'] })).toEqual({
        added: [],
        removed: [a.id],
        unknown: [],
      });
      expect(await bed.store.changeMembers(source, id, { remove: [a.id] })).toEqual({
        added: [],
        removed: [],
        unknown: [],
      });
      expect(await bed.store.memberVersions(source, [id, 'none'])).toEqual([3, 0]);
      expect(await bed.store.memberIds(source, id)).toEqual([b.id]);
    });

    it('are not created for a person or a group that does not exist', async () => {
      const a = await person();
      const { id } = await group();
      expect(await bed.store.changeMembers(source, id, { add: [a.id, 'ghost'], touched: ['t'] })).toEqual({
        added: [],
        removed: [],
        unknown: ['ghost'],
      });
      expect(await bed.store.memberIds(source, id)).toEqual([]);
      expect(await bed.store.changeMembers(source, 'none', { add: [a.id] })).toBeUndefined();
      expect(await takeKeys()).toEqual([]);
    });

    it('prevent the removal of their group', async () => {
      const a = await person();
      const { id } = await group();
      await bed.store.changeMembers(source, id, { add: [a.id] });
      await expect(bed.replica.remove(source, 'groups', id)).rejects.toMatchObject({ code: 'conflict' });
      await bed.store.changeMembers(source, id, { remove: [a.id] });
      expect(await bed.replica.remove(source, 'groups', id)).toBe(true);
      expect(await bed.store.groupIds(source, a.id)).toEqual([]);
    });

    it('of thousands in one group are found by group and by person', async () => {
      const { id } = await group();
      const ids = Array.from({ length: 3000 }, (_, n) => `p-${String(n).padStart(5, '0')}`);
      for (let from = 0; from < ids.length; from += 100) {
        const some = ids.slice(from, from + 100);
        await Promise.all(some.map((one) => person({ id: one })));
        await bed.store.changeMembers(source, id, { add: some });
      }
      expect(await bed.store.memberIds(source, id)).toEqual(ids);
      expect(await bed.store.groupIds(source, 'p-02000')).toEqual([id]);
    });
  });
}
