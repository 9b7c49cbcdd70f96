import { ProblemError } from '@sallyport/kit';
import { nameFault } from '../claims/check-name.ts';
import { keyOf, type Match } from '../groups/keys.ts';
import type { DirectoryEntry, DirectoryStore, EntryKind } from '../store/directory-store.ts';
import type { SnapshotGroup, SnapshotPerson } from './snapshot.ts';

/** Where the snapshots of a source are stored. */
export type SyncTarget = { store: DirectoryStore; source: { id: string; match: Match }; now: () => number };

/** The part of an entry that a snapshot determines. */
type EntryContent = Pick<DirectoryEntry, 'id' | 'keys' | 'active' | 'body'>;

const batch = 200;

/** Reports whether a name can be sent to a cluster unchanged. */
export const isUsableName = (name: string): boolean => nameFault(name) === undefined;

/** Reads all stored entries of a kind, by id. */
export async function readAllEntries(
  { store, source }: SyncTarget,
  kind: EntryKind,
): Promise<Map<string, DirectoryEntry>> {
  const all = new Map<string, DirectoryEntry>();
  for (let from = 0; ; from += batch) {
    const { entries } = await store.list(source.id, kind, from, batch);
    for (const entry of entries) all.set(entry.id, entry);
    if (entries.length < batch) return all;
  }
}

/** Returns the entry content of a person. Names that cannot be used are not indexed. */
export function personContent({ id, name, emails, active }: SnapshotPerson): EntryContent {
  const usable = emails.filter(isUsableName);
  return {
    id,
    active,
    keys: [
      ...new Set([
        keyOf.id(id),
        ...(name !== undefined && isUsableName(name) ? [keyOf.name(name)] : []),
        ...usable.map(keyOf.email),
      ]),
    ],
    body: { ...(name === undefined ? {} : { userName: name }), emails: usable },
  };
}

/** Returns the entry content of a group, without its mark. */
export function groupContent({ id, name }: SnapshotGroup): EntryContent {
  return { id, active: true, keys: [keyOf.name(name)], body: { displayName: name } };
}

/** Writes an entry if its content differs from the stored one, and reports whether it did. */
export async function writeEntry(
  { store, source, now }: SyncTarget,
  kind: EntryKind,
  before: DirectoryEntry | undefined,
  next: EntryContent,
  touched: string[],
): Promise<boolean> {
  const { mark: _mark, ...stored } = before?.body ?? {};
  if (
    before &&
    JSON.stringify([before.keys, before.active, stored]) === JSON.stringify([next.keys, next.active, next.body])
  )
    return false;
  const entry = {
    ...next,
    version: (before?.version ?? 0) + 1,
    createdAt: before?.createdAt ?? now(),
    changedAt: now(),
  };
  if ((await store.put(source.id, kind, entry, { expected: before?.version, touched })) !== 'written')
    throw new ProblemError('conflict', `Another process is writing to the directory ${source.id}.`);
  return true;
}

/** Stores the mark of a group once its members have been applied. */
export async function storeMark({ store, source }: SyncTarget, { id, mark }: SnapshotGroup): Promise<void> {
  const [entry] = await store.get(source.id, 'groups', [id]);
  if (!entry || entry.body['mark'] === mark) return;
  const body = { ...entry.body, ...(mark === undefined ? {} : { mark }) };
  await store.put(source.id, 'groups', { ...entry, body, version: entry.version + 1 }, { expected: entry.version });
}
