import { keyOf } from '../../groups/keys.ts';
import type { DirectoryEntry, DirectoryStore, EntryKind } from '../../store/directory-store.ts';
import { ScimError } from '../answer/scim-error.ts';
import { type Filter, mentions, requiredValues, type RequiredValue } from '../filter/filter.ts';
import { matches, type Resource } from '../filter/matches.ts';

type FindDeps = { store: DirectoryStore; source: string; kind: EntryKind; show(entry: DirectoryEntry): Resource };
type Found = { total: number; entries: DirectoryEntry[] };

const scanBatch = 500;

/** Returns the index key for a required value, or undefined if the attribute is not indexed. */
const indexes: Record<EntryKind, (value: RequiredValue) => string | undefined> = {
  people: ({ attribute, subAttribute, value }) => {
    if (attribute === 'userName') return keyOf.name(value);
    if (attribute === 'externalId') return keyOf.id(value);
    return attribute === 'emails' && (subAttribute === undefined || subAttribute === 'value')
      ? keyOf.email(value)
      : undefined;
  },
  groups: ({ attribute, value }) => {
    if (attribute === 'displayName') return keyOf.name(value);
    return attribute === 'externalId' ? keyOf.id(value) : undefined;
  },
};

/**
 * Separates the terms about members, which are not matched in memory because there may be very many. They can only be
 * looked up by id.
 */
function splitMembers(filter: Filter): { rest: Filter[]; members: string[] } {
  const terms = filter.type === 'and' ? filter.terms : [filter];
  const isMembers = (term: Filter) => mentions(term, 'members');
  const members = terms.filter(isMembers).flatMap((term) => {
    const [required, ...more] = requiredValues(term);
    if (
      term.type === 'and' ||
      required === undefined ||
      more.length > 0 ||
      !(required.subAttribute === undefined || required.subAttribute === 'value')
    )
      throw new ScimError(
        400,
        'A filter on members must have the form: members.value eq "id". It can be combined with other terms by and.',
        'invalidFilter',
      );
    return [required.value];
  });
  return { rest: terms.filter((term) => !isMembers(term)), members };
}

/** Returns a superset of the matches from an index, or undefined if all entries must be read. */
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

/** Reads all entries and returns the requested page of matches. */
async function scan(
  deps: FindDeps,
  isMatch: (entry: DirectoryEntry) => boolean,
  from: number,
  count: number,
): Promise<Found> {
  const { store, source, kind } = deps;
  const page: DirectoryEntry[] = [];
  let total = 0;
  for (let at = 0; ; at += scanBatch) {
    const { entries } = await store.list(source, kind, at, scanBatch);
    for (const entry of entries) {
      if (!isMatch(entry)) continue;
      if (total >= from && page.length < count) page.push(entry);
      total += 1;
    }
    if (entries.length < scanBatch) return { total, entries: page };
  }
}

/**
 * Finds a page of the entries that match a filter. Uses an index if the filter requires an indexed value.
 */
export async function findEntries(
  deps: FindDeps,
  { filter, from, count }: { filter: Filter | undefined; from: number; count: number },
): Promise<Found> {
  if (!filter) return deps.store.list(deps.source, deps.kind, from, count);
  const { rest, members } = deps.kind === 'groups' ? splitMembers(filter) : { rest: [filter], members: [] };
  const isMatch = (entry: DirectoryEntry) => {
    const shown = deps.show(entry);
    return rest.every((term) => matches(term, shown));
  };
  const found = await candidates(deps, rest, members);
  if (!found) return scan(deps, isMatch, from, count);
  const all = await havingMembers(deps, found.filter(isMatch), members);
  return { total: all.length, entries: all.slice(from, from + count) };
}
