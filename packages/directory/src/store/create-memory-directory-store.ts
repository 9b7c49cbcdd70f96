import { ProblemError } from '@sallyport/kit';
import {
  maxFound,
  type DirectoryEntry,
  type DirectoryStore,
  type EntryKind,
  type LinkedPerson,
  type LastSync,
} from './directory-store.ts';

/** The memberships of one source, indexed by person and by group, and how often each group's members changed. */
type MemoryMembers = ReturnType<typeof createMemoryMembers>;

/** Creates the memberships of one source, empty. */
function createMemoryMembers() {
  const people = new Map<string, Set<string>>();
  const groups = new Map<string, Set<string>>();
  const versions = new Map<string, number>();
  const put = (map: Map<string, Set<string>>, from: string, to: string) => {
    const held = map.get(from) ?? new Set();
    if (held.has(to)) return false;
    map.set(from, held.add(to));
    return true;
  };
  const drop = (map: Map<string, Set<string>>, from: string, to: string) => {
    const held = map.get(from);
    const was = held?.delete(to) ?? false;
    if (held?.size === 0) map.delete(from);
    return was;
  };
  const count = (groupId: string) => versions.set(groupId, (versions.get(groupId) ?? 0) + 1);
  return {
    ofGroup: (id: string) => [...(groups.get(id) ?? [])].toSorted(),
    ofPerson: (id: string) => [...(people.get(id) ?? [])].toSorted(),
    has: (groupId: string, personId: string) => groups.get(groupId)?.has(personId) ?? false,
    versionOf: (groupId: string) => versions.get(groupId) ?? 0,
    change(groupId: string, add: readonly string[], remove: readonly string[]) {
      const removed = remove.filter((id) => drop(groups, groupId, id) && drop(people, id, groupId));
      const added = add.filter((id) => put(groups, groupId, id) && put(people, id, groupId));
      if (added.length + removed.length > 0) count(groupId);
      return { added, removed };
    },
    forgetPerson(personId: string) {
      for (const groupId of people.get(personId) ?? []) {
        drop(groups, groupId, personId);
        count(groupId);
      }
      people.delete(personId);
    },
    forgetGroup: (groupId: string) => void versions.delete(groupId),
  };
}

/** Entries are stored as text, so callers cannot change them by changing what they were given. */
type Table = { texts: Map<string, string>; byKey: Map<string, Set<string>> };
type Source = Record<EntryKind, Table> & {
  members: MemoryMembers;
  gone: Set<string>;
  touched: Map<string, number>;
  links: Map<string, Map<string, { person: LinkedPerson; until: number }>>;
  lastSync: LastSync | undefined;
};

const emptyTable = (): Table => ({ texts: new Map(), byKey: new Map() });
const read = (table: Table, id: string) => {
  const text = table.texts.get(id);
  return text === undefined ? undefined : (JSON.parse(text) as DirectoryEntry);
};

function unindex({ byKey }: Table, entry: DirectoryEntry): void {
  for (const key of entry.keys) {
    const ids = byKey.get(key);
    ids?.delete(entry.id);
    if (ids?.size === 0) byKey.delete(key);
  }
}

function index({ byKey }: Table, entry: DirectoryEntry): void {
  for (const key of entry.keys) byKey.set(key, (byKey.get(key) ?? new Set()).add(entry.id));
}

const byAge = (a: DirectoryEntry, b: DirectoryEntry) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);

function touchIn({ touched }: Source, keys: readonly string[], at: number): void {
  for (const key of keys) touched.set(key, at);
}

/** Creates the links of sessions and the touched keys. */
function createTouches(
  sourceOf: (name: string) => Source,
  now: () => number,
): Pick<DirectoryStore, 'link' | 'linked' | 'touch' | 'takeTouched' | 'completeTouched' | 'touchedCount'> {
  return {
    async link(name, key, person, until) {
      const { links } = sourceOf(name);
      const people = links.get(key) ?? new Map<string, { person: LinkedPerson; until: number }>();
      for (const [id, one] of people) if (one.until <= now()) people.delete(id);
      const id = JSON.stringify([person.issuer, person.subject]);
      people.set(id, { person: { ...person }, until: Math.max(until, people.get(id)?.until ?? 0) });
      links.set(key, people);
    },
    async linked(name, key) {
      const { links } = sourceOf(name);
      const people = [...(links.get(key)?.values() ?? [])].filter(({ until }) => now() < until);
      if (people.length === 0) links.delete(key);
      return people.map(({ person }) => ({ ...person }));
    },
    touch: async (name, keys) => touchIn(sourceOf(name), keys, now()),
    async takeTouched(name, limit, leaseMs) {
      const { touched } = sourceOf(name);
      const ticket = now() + leaseMs;
      const due = [...touched]
        .filter(([, at]) => at <= now())
        .toSorted(([, a], [, b]) => a - b)
        .slice(0, limit);
      for (const [key] of due) touched.set(key, ticket);
      return due.map(([key]) => ({ key, ticket }));
    },
    async completeTouched(name, { key, ticket }) {
      const { touched } = sourceOf(name);
      if (touched.get(key) === ticket) touched.delete(key);
    },
    touchedCount: async (name) => sourceOf(name).touched.size,
  };
}

/** Creates the reads and writes of entries. */
function createEntries(
  sourceOf: (name: string) => Source,
  now: () => number,
  max: number,
): Pick<DirectoryStore, 'put' | 'remove' | 'get' | 'find' | 'list' | 'isGone'> {
  return {
    async put(name, kind, entry, { expected, unique = [], touched = [] }) {
      const source = sourceOf(name);
      const table = source[kind];
      const before = read(table, entry.id);
      if (before?.version !== expected) return 'stale';
      if (unique.some((key) => [...(table.byKey.get(key) ?? [])].some((id) => id !== entry.id))) return 'taken';
      if (!before && table.texts.size >= max) throw new ProblemError('sessions-unavailable', 'The directory is full.');
      if (before) unindex(table, before);
      table.texts.set(entry.id, JSON.stringify(entry));
      index(table, entry);
      if (kind === 'people') for (const key of entry.keys) source.gone.delete(key);
      touchIn(source, touched, now());
      return 'written';
    },
    async remove(name, kind, id, { expected, gone = [], touched = [] } = {}) {
      const source = sourceOf(name);
      const before = read(source[kind], id);
      if (!before || (expected !== undefined && before.version !== expected)) return false;
      if (kind === 'groups' && source.members.ofGroup(id).length > 0)
        throw new ProblemError('conflict', 'The group still has members.');
      unindex(source[kind], before);
      source[kind].texts.delete(id);
      if (kind === 'people') source.members.forgetPerson(id);
      else source.members.forgetGroup(id);
      for (const key of gone) source.gone.add(key);
      touchIn(source, touched, now());
      return true;
    },
    get: async (name, kind, ids) => ids.map((id) => read(sourceOf(name)[kind], id)),
    async find(name, kind, key) {
      const table = sourceOf(name)[kind];
      return [...(table.byKey.get(key) ?? [])]
        .map((id) => read(table, id)!)
        .toSorted(byAge)
        .slice(0, maxFound);
    },
    async list(name, kind, from, count) {
      const table = sourceOf(name)[kind];
      // A map keeps insertion order.
      const ids = [...table.texts.keys()].slice(from, from + count);
      return { total: table.texts.size, entries: ids.map((id) => read(table, id)!) };
    },
    isGone: async (name, keys) => keys.some((key) => sourceOf(name).gone.has(key)),
  };
}

/** Creates a directory in memory, with at most `max` entries of each kind and source. */
export function createMemoryDirectoryStore(deps: { now: () => number; max?: number }): DirectoryStore {
  const { now, max = 200_000 } = deps;
  const sources = new Map<string, Source>();
  const sourceOf = (name: string): Source => {
    const source = sources.get(name) ?? {
      people: emptyTable(),
      groups: emptyTable(),
      members: createMemoryMembers(),
      gone: new Set(),
      touched: new Map(),
      links: new Map(),
      lastSync: undefined,
    };
    sources.set(name, source);
    return source;
  };
  return {
    ...createEntries(sourceOf, now, max),
    ...createTouches(sourceOf, now),
    async changeMembers(name, groupId, { add = [], remove = [], touched = [] }) {
      const source = sourceOf(name);
      if (!source.groups.texts.has(groupId)) return undefined;
      const unknown = add.filter((id) => !source.people.texts.has(id));
      if (unknown.length > 0) return { added: [], removed: [], unknown };
      const changed = source.members.change(groupId, add, remove);
      if (changed.added.length + changed.removed.length > 0) touchIn(source, touched, now());
      return { ...changed, unknown };
    },
    memberIds: async (name, groupId) => sourceOf(name).members.ofGroup(groupId),
    groupIds: async (name, personId) => sourceOf(name).members.ofPerson(personId),
    areMembers: async (name, groupId, ids) => ids.map((id) => sourceOf(name).members.has(groupId, id)),
    memberVersions: async (name, ids) => ids.map((id) => sourceOf(name).members.versionOf(id)),
    recordSync: async (name, sync) => void (sourceOf(name).lastSync = { ...sync }),
    lastSync: async (name) => sourceOf(name).lastSync,
  };
}
