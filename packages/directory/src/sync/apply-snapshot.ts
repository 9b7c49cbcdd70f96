import type { SourceConfig } from '@sallyport/contracts';
import { type DirectoryEntry, type DirectoryStore, type EntryKind } from '../store/directory-store.ts';
import { ProblemError } from '@sallyport/kit';
import { ApiFailure } from '../api/api-failure.ts';
import { nameFault } from '../claims/name-fault.ts';
import { inBatches } from '../reconcile/in-batches.ts';
import { keyOf, type Match } from '../groups/keys.ts';
import { sessionKeysOf } from '../sources/stored-source.ts';
import type { SnapshotGroup, Snapshot, SnapshotPerson } from './snapshot.ts';

export type SyncedSource = Extract<SourceConfig, { interval: number }>;
export type ApplySnapshotDeps = { store: DirectoryStore; source: { id: string; match: Match }; now: () => number };

/** What a reading changed. */
export type SyncResult = {
  people: number;
  groups: number;
  changedPeople: number;
  changedGroups: number;
  added: number;
  removed: number;
  skippedGroups: string[];
};

const batch = 200;
/** How many groups are asked for, and how many entries are written, at once. */
const asked = 4;
const written = 16;

/** All entries of a kind. */
async function readAll(store: DirectoryStore, source: string, kind: EntryKind): Promise<Map<string, DirectoryEntry>> {
  const all = new Map<string, DirectoryEntry>();
  for (let from = 0; ; from += batch) {
    const { entries } = await store.list(source, kind, from, batch);
    for (const entry of entries) all.set(entry.id, entry);
    if (entries.length < batch) return all;
  }
}

const isFit = (name: string) => nameFault(name) === undefined;

function asPerson({
  id,
  name,
  emails,
  active,
}: SnapshotPerson): Pick<DirectoryEntry, 'id' | 'keys' | 'active' | 'body'> {
  const fit = emails.filter(isFit);
  return {
    id,
    active,
    keys: [
      ...new Set([
        keyOf.id(id),
        ...(name !== undefined && isFit(name) ? [keyOf.name(name)] : []),
        ...fit.map(keyOf.email),
      ]),
    ],
    body: { ...(name === undefined ? {} : { userName: name }), emails: fit },
  };
}

function asGroup({ id, name }: SnapshotGroup): Pick<DirectoryEntry, 'id' | 'keys' | 'active' | 'body'> {
  return { id, active: true, keys: [keyOf.name(name)], body: { displayName: name } };
}

/** Writes an entry if it is another than what is kept; true if so. */
async function write(
  { store, source, now }: ApplySnapshotDeps,
  kind: EntryKind,
  before: DirectoryEntry | undefined,
  next: Pick<DirectoryEntry, 'id' | 'keys' | 'active' | 'body'>,
  touched: string[],
): Promise<boolean> {
  const { mark: _mark, ...kept } = before?.body ?? {};
  if (
    before &&
    JSON.stringify([before.keys, before.active, kept]) === JSON.stringify([next.keys, next.active, next.body])
  )
    return false;
  const entry = {
    ...next,
    version: (before?.version ?? 0) + 1,
    createdAt: before?.createdAt ?? now(),
    changedAt: now(),
  };
  if ((await store.put(source.id, kind, entry, { expected: before?.version, touched })) !== 'written')
    throw new ProblemError('conflict', `Somebody else writes what is kept of ${source.id}.`);
  return true;
}

/** Makes the members of a group what the reading says; `seen` are the people that are kept by now. */
async function takeMembers(
  deps: ApplySnapshotDeps,
  groupId: string,
  wanted: ReadonlySet<string>,
  seen: ReadonlyMap<string, DirectoryEntry>,
): Promise<{ added: number; removed: number }> {
  const { store, source } = deps;
  const before = await store.memberIds(source.id, groupId);
  const counts = { added: 0, removed: 0 };
  const apply = async (change: 'add' | 'remove', ids: readonly string[]) => {
    for (let from = 0; from < ids.length; from += batch) {
      const some = ids.slice(from, from + batch);
      const outcome = await store.changeMembers(source.id, groupId, {
        [change]: some,
        touched: sessionKeysOf(
          source.match,
          some.map((id) => seen.get(id)),
        ),
      });
      counts.added += outcome?.added.length ?? 0;
      counts.removed += outcome?.removed.length ?? 0;
    }
  };
  const had = new Set(before);
  await apply(
    'remove',
    before.filter((id) => !wanted.has(id)),
  );
  await apply(
    'add',
    [...wanted].filter((id) => !had.has(id) && seen.has(id)),
  );
  return counts;
}

async function removeGone(
  deps: ApplySnapshotDeps,
  kind: EntryKind,
  gone: readonly DirectoryEntry[],
  people: ReadonlyMap<string, DirectoryEntry>,
): Promise<void> {
  const { store, source } = deps;
  await inBatches(gone, written, async (entry) => {
    if (kind === 'groups') await takeMembers(deps, entry.id, new Set(), people);
    await store.remove(source.id, kind, entry.id, {
      touched: kind === 'people' ? sessionKeysOf(source.match, [entry]) : [],
    });
  });
}

/** Remembers with a group the mark up to which its members are known. */
async function noteMark({ store, source }: ApplySnapshotDeps, { id, mark }: SnapshotGroup): Promise<void> {
  const [entry] = await store.get(source.id, 'groups', [id]);
  if (entry && entry.body['mark'] !== mark)
    await store.put(
      source.id,
      'groups',
      { ...entry, body: { ...entry.body, ...(mark === undefined ? {} : { mark }) }, version: entry.version + 1 },
      { expected: entry.version },
    );
}

/**
 * Makes what is kept of a source what a reading says, and touches whom it concerns. Members are fetched only of groups
 * that are new or have another mark. Whoever is no longer in the reading is unknown from now on.
 */
export async function applySnapshot(deps: ApplySnapshotDeps, reading: Snapshot): Promise<SyncResult> {
  const { store, source, now } = deps;
  const [oldPeople, oldGroups] = [await readAll(store, source.id, 'people'), await readAll(store, source.id, 'groups')];
  const groups = reading.groups.filter(({ name }) => isFit(name));
  const skippedGroups = reading.groups.filter(({ name }) => !isFit(name)).map(({ name }) => name.slice(0, 100));
  const taken: SyncResult = {
    people: 0,
    groups: groups.length,
    changedPeople: 0,
    changedGroups: 0,
    added: 0,
    removed: 0,
    skippedGroups,
  };

  // All is asked before anything is written: a source that goes away in between leaves things as they were.
  // Somebody who comes (again) may be in groups whose members are the same as ever.
  const hasNewcomers = reading.people.some(({ id }) => !oldPeople.has(id));
  const isOther = ({ id, mark }: SnapshotGroup) =>
    hasNewcomers || mark === undefined || oldGroups.get(id)?.body['mark'] !== mark;
  const members = new Map<string, Set<string>>();
  await inBatches(
    groups.filter(isOther),
    asked,
    async (group) => void members.set(group.id, new Set(await reading.membersOf(group))),
  );
  const { people } = reading;
  // A token that may see nobody any more answers like a company that nobody works for.
  if (people.length === 0 && oldPeople.size > 0)
    throw new ApiFailure('there is nobody in it any more, which is not believed');
  taken.people = people.length;

  await inBatches(people, written, async (person) => {
    const [before, next] = [oldPeople.get(person.id), asPerson(person)];
    const touched = sessionKeysOf(source.match, [before, { ...next, version: 0, createdAt: 0, changedAt: 0 }]);
    if (await write(deps, 'people', before, next, touched)) taken.changedPeople += 1;
  });
  const seen = await readAll(store, source.id, 'people');
  for (const group of groups) {
    const before = oldGroups.get(group.id);
    const isRenamed = before !== undefined && before.body['displayName'] !== group.name;
    const touched = isRenamed
      ? sessionKeysOf(
          source.match,
          (await store.memberIds(source.id, group.id)).map((id) => seen.get(id)),
        )
      : [];
    if (await write(deps, 'groups', before, asGroup(group), touched)) taken.changedGroups += 1;
    const wanted = members.get(group.id);
    if (!wanted) continue;
    const { added, removed } = await takeMembers(deps, group.id, wanted, seen);
    taken.added += added;
    taken.removed += removed;
    await noteMark(deps, group);
  }
  const [wantedPeople, wantedGroups] = [new Set(people.map(({ id }) => id)), new Set(groups.map(({ id }) => id))];
  await removeGone(
    deps,
    'groups',
    [...oldGroups.values()].filter(({ id }) => !wantedGroups.has(id)),
    seen,
  );
  await removeGone(
    deps,
    'people',
    [...oldPeople.values()].filter(({ id }) => !wantedPeople.has(id)),
    seen,
  );
  await store.recordSync(source.id, { at: now(), people: people.length, groups: groups.length });
  return taken;
}
