import { ApiFailure } from '../api/create-requester.ts';
import { inBatches } from '../reconcile/create-reconciliation.ts';
import { sessionKeysOf } from '../sources/stored-source.ts';
import type { DirectoryEntry, EntryKind } from '../store/directory-store.ts';
import type { Snapshot, SnapshotGroup } from './snapshot.ts';
import {
  type SyncTarget,
  groupContent,
  isUsableName,
  personContent,
  readAllEntries,
  storeMark,
  writeEntry,
} from './stored-entries.ts';

const batch = 200;

/**
 * Makes the stored members of a group equal to the wanted ones. `people` are the stored people: members who are not
 * among them are left out. `counts` grows with each batch.
 */
async function applyMembers(
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

/** What a sync read and changed. */
export type SyncResult = {
  people: number;
  groups: number;
  changedPeople: number;
  changedGroups: number;
  added: number;
  removed: number;
  /** Names of groups that cannot be used. */
  skippedGroups: string[];
};

/** Returns the result of a sync that has not read or changed anything yet. */
export const nothingSynced = (): SyncResult => ({
  people: 0,
  groups: 0,
  changedPeople: 0,
  changedGroups: 0,
  added: 0,
  removed: 0,
  skippedGroups: [],
});

type Entries = ReadonlyMap<string, DirectoryEntry>;

const parallelReads = 4;
const parallelWrites = 16;

/** Reads the members of the groups that are new or have another mark. */
async function readMembers(
  snapshot: Snapshot,
  groups: readonly SnapshotGroup[],
  stored: { people: Entries; groups: Entries },
): Promise<Map<string, Set<string>>> {
  // A person who is new, or back, may be a member of groups whose mark has not changed.
  const hasNewcomers = snapshot.people.some(({ id }) => !stored.people.has(id));
  const mayHaveChanged = ({ id, mark }: SnapshotGroup) =>
    hasNewcomers || mark === undefined || stored.groups.get(id)?.body['mark'] !== mark;
  const members = new Map<string, Set<string>>();
  await inBatches(
    groups.filter(mayHaveChanged),
    parallelReads,
    async (group) => void members.set(group.id, new Set(await snapshot.membersOf(group))),
  );
  return members;
}

/** Writes the groups and the members that were read, and adds what changed to `result`. */
async function writeGroups(
  target: SyncTarget,
  groups: readonly SnapshotGroup[],
  about: { members: ReadonlyMap<string, ReadonlySet<string>>; stored: Entries; people: Entries },
  result: SyncResult,
): Promise<void> {
  const { store, source } = target;
  const { members, stored, people } = about;
  for (const group of groups) {
    const before = stored.get(group.id);
    const isRenamed = before !== undefined && before.body['displayName'] !== group.name;
    const memberIds = isRenamed ? await store.memberIds(source.id, group.id) : [];
    const touched = sessionKeysOf(
      source.match,
      memberIds.map((id) => people.get(id)),
    );
    if (await writeEntry(target, 'groups', before, groupContent(group), touched)) result.changedGroups += 1;
    const wanted = members.get(group.id);
    if (!wanted) continue;
    await applyMembers(target, group.id, { wanted, people }, result);
    await storeMark(target, group);
  }
}

/** Removes stored entries that are not in the snapshot. */
async function removeMissing(
  target: SyncTarget,
  kind: EntryKind,
  { stored, wanted, people }: { stored: Entries; wanted: readonly { id: string }[]; people: Entries },
  result: SyncResult,
): Promise<void> {
  const { store, source } = target;
  const wantedIds = new Set(wanted.map(({ id }) => id));
  const missing = [...stored.values()].filter(({ id }) => !wantedIds.has(id));
  await inBatches(missing, parallelWrites, async (entry) => {
    if (kind === 'groups') await applyMembers(target, entry.id, { wanted: new Set(), people }, result);
    const touched = kind === 'people' ? sessionKeysOf(source.match, [entry]) : [];
    if (await store.remove(source.id, kind, entry.id, { touched }))
      result[kind === 'people' ? 'changedPeople' : 'changedGroups'] += 1;
  });
}

/**
 * Makes the stored entries of a source equal to a snapshot, and touches the keys of everyone who is affected. A person
 * who is not in the snapshot becomes unknown. `result` counts each change once it is made, so that it is right even if a
 * later one fails.
 */
export async function applySnapshot(target: SyncTarget, snapshot: Snapshot, result: SyncResult): Promise<void> {
  const { store, source, now } = target;
  const stored = { people: await readAllEntries(target, 'people'), groups: await readAllEntries(target, 'groups') };
  const groups = snapshot.groups.filter(({ name }) => isUsableName(name));
  // Everything is read before anything is written, so a source that fails halfway changes nothing.
  const members = await readMembers(snapshot, groups, stored);
  // Reading members may have added people: see createReadGoogle.
  const { people } = snapshot;
  // A token that has lost its rights gets the same answer as an empty company.
  if (people.length === 0 && stored.people.size > 0)
    throw new ApiFailure('the directory reports no people at all, which is taken for an error');
  result.people = people.length;
  result.groups = groups.length;
  result.skippedGroups = snapshot.groups
    .filter(({ name }) => !isUsableName(name))
    .map(({ name }) => name.slice(0, 100));
  await inBatches(people, parallelWrites, async (person) => {
    const before = stored.people.get(person.id);
    const next = personContent(person);
    const touched = sessionKeysOf(source.match, [before, { ...next, version: 0, createdAt: 0, changedAt: 0 }]);
    if (await writeEntry(target, 'people', before, next, touched)) result.changedPeople += 1;
  });
  const current = await readAllEntries(target, 'people');
  await writeGroups(target, groups, { members, stored: stored.groups, people: current }, result);
  await removeMissing(target, 'groups', { stored: stored.groups, wanted: groups, people: current }, result);
  await removeMissing(target, 'people', { stored: stored.people, wanted: people, people: current }, result);
  await store.recordSync(source.id, { at: now(), people: people.length, groups: groups.length });
}
