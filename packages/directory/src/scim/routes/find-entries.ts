import type { DirectoryEntry, DirectoryStore, EntryKind } from '../../store/directory-store.ts';
import { keyOf } from '../../groups/keys.ts';
import type { Filter } from '../filter/filter.ts';
import { matches, type Shown } from '../filter/matches.ts';
import { mentions, requiredValues, type RequiredValue } from '../filter/required-values.ts';
import { ScimError } from '../errors/scim-error.ts';

export type FindDeps = { store: DirectoryStore; source: string; kind: EntryKind; show(entry: DirectoryEntry): Shown };
type Found = { total: number; entries: DirectoryEntry[] };

const scanned = 500;

/** The indexes, by attribute and part. */
const indexes: Record<EntryKind, (value: RequiredValue) => string | undefined> = {
  people: ({ attribute, sub, value }) => {
    if (attribute === 'userName') return keyOf.name(value);
    if (attribute === 'externalId') return keyOf.id(value);
    return attribute === 'emails' && (sub === undefined || sub === 'value') ? keyOf.email(value) : undefined;
  },
  groups: ({ attribute, value }) => {
    if (attribute === 'displayName') return keyOf.name(value);
    return attribute === 'externalId' ? keyOf.id(value) : undefined;
  },
};

/** Members are not part of what a filter is tried on: there may be very many. They can be asked for by id alone. */
function takeMembers(filter: Filter): { rest: Filter[]; members: string[] } {
  const terms = filter.type === 'and' ? filter.terms : [filter];
  const isMembers = (term: Filter) => mentions(term, 'members');
  const members = terms.filter(isMembers).flatMap((term) => {
    const [required, ...more] = requiredValues(term);
    if (
      term.type === 'and' ||
      required === undefined ||
      more.length > 0 ||
      !(required.sub === undefined || required.sub === 'value')
    )
      throw new ScimError(
        400,
        'Members can be asked for only as: members.value eq "id", joined by and.',
        'invalidFilter',
      );
    return [required.value];
  });
  return { rest: terms.filter((term) => !isMembers(term)), members };
}

/** The entries among which all that match must be; undefined if that takes reading all of them. */
async function candidates(
  { store, source, kind }: FindDeps,
  filters: readonly Filter[],
  members: readonly string[],
): Promise<DirectoryEntry[] | undefined> {
  const required = filters.flatMap(requiredValues);
  const present = async (ids: readonly string[]) =>
    (await store.get(source, kind, ids)).filter((entry) => entry !== undefined);
  const byId = required.find(({ attribute }) => attribute === 'id');
  if (byId) return present([byId.value]);
  for (const one of required) {
    const key = indexes[kind](one);
    if (key !== undefined && !key.includes('\0')) return store.find(source, kind, key);
  }
  return members[0] === undefined ? undefined : present(await store.groupIds(source, members[0]));
}

async function havingMembers(
  { store, source }: FindDeps,
  entries: DirectoryEntry[],
  members: readonly string[],
): Promise<DirectoryEntry[]> {
  if (members.length === 0) return entries;
  const has = await Promise.all(
    entries.map(async ({ id }) => (await store.areMembers(source, id, members)).every(Boolean)),
  );
  return entries.filter((_entry, index) => has[index]);
}

/** Goes through all entries, and keeps the page that was asked for. */
async function scan(
  deps: FindDeps,
  holds: (entry: DirectoryEntry) => boolean,
  from: number,
  count: number,
): Promise<Found> {
  const { store, source, kind } = deps;
  const kept: DirectoryEntry[] = [];
  let total = 0;
  for (let place = 0; ; place += scanned) {
    const { entries } = await store.list(source, kind, place, scanned);
    for (const entry of entries) {
      if (!holds(entry)) continue;
      if (total >= from && kept.length < count) kept.push(entry);
      total += 1;
    }
    if (entries.length < scanned) return { total, entries: kept };
  }
}

/**
 * Finds a page of the entries for which a filter holds: by an index where the filter demands a value that is in one.
 */
export async function findEntries(
  deps: FindDeps,
  { filter, from, count }: { filter: Filter | undefined; from: number; count: number },
): Promise<Found> {
  if (!filter) return deps.store.list(deps.source, deps.kind, from, count);
  const { rest, members } = deps.kind === 'groups' ? takeMembers(filter) : { rest: [filter], members: [] };
  const holds = (entry: DirectoryEntry) => {
    const shown = deps.show(entry);
    return rest.every((term) => matches(term, shown));
  };
  const found = await candidates(deps, rest, members);
  if (!found) return scan(deps, holds, from, count);
  const all = await havingMembers(deps, found.filter(holds), members);
  return { total: all.length, entries: all.slice(from, from + count) };
}
