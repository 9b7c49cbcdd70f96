import { sessionKeysOf } from '../sources/stored-source.ts';
import type { DirectoryEntry } from '../store/directory-store.ts';
import type { SyncTarget } from './stored-entries.ts';

const batch = 200;

/**
 * Makes the stored members of a group equal to the wanted ones. `people` are the stored people: members who are not
 * among them are left out. `counts` grows with each batch.
 */
export async function applyMembers(
  { store, source }: SyncTarget,
  groupId: string,
  { wanted, people }: { wanted: ReadonlySet<string>; people: ReadonlyMap<string, DirectoryEntry> },
  counts: { added: number; removed: number },
): Promise<void> {
  const before = await store.memberIds(source.id, groupId);
  const change = async (how: 'add' | 'remove', ids: readonly string[]) => {
    for (let from = 0; from < ids.length; from += batch) {
      const some = ids.slice(from, from + batch);
      const touched = sessionKeysOf(
        source.match,
        some.map((id) => people.get(id)),
      );
      const outcome = await store.changeMembers(source.id, groupId, { [how]: some, touched });
      counts.added += outcome?.added.length ?? 0;
      counts.removed += outcome?.removed.length ?? 0;
    }
  };
  const had = new Set(before);
  await change(
    'remove',
    before.filter((id) => !wanted.has(id)),
  );
  await change(
    'add',
    [...wanted].filter((id) => !had.has(id) && people.has(id)),
  );
}
