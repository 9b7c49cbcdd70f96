import { ProblemError } from '@sallyport/kit';
import { memoryTables, savedStore, type Tables } from '@sallyport/stores';
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

/** Creates the memberships of one source. */
function createMemoryMembers(source: string, tables: Tables) {
  const people = new Map<string, Set<string>>();
  const groups = new Map<string, Set<string>>();
  const versions = tables.map<number>(`${source}/member-versions`);
  /** One for each membership, so that a change of a large group is small. */
  const pairs = tables.map<true>(`${source}/members`);
  const pairOf = (groupId: string, personId: string) => JSON.stringify([groupId, personId]);
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
  const join = (groupId: string, personId: string) => {
    if (!put(groups, groupId, personId)) return false;
    pairs.set(pairOf(groupId, personId), true);
    return put(people, personId, groupId);
  };
  const leave = (groupId: string, personId: string) => {
    pairs.delete(pairOf(groupId, personId));
    return drop(groups, groupId, personId);
  };
  for (const pair of pairs.keys()) join(...(JSON.parse(pair) as [string, string]));
  const count = (groupId: string) => versions.set(groupId, (versions.get(groupId) ?? 0) + 1);
  return {
    ofGroup: (id: string) => [...(groups.get(id) ?? [])].toSorted(),
    ofPerson: (id: string) => [...(people.get(id) ?? [])].toSorted(),
    has: (groupId: string, personId: string) => groups.get(groupId)?.has(personId) ?? false,
    versionOf: (groupId: string) => versions.get(groupId) ?? 0,
    change(groupId: string, add: readonly string[], remove: readonly string[]) {
      const removed = remove.filter((id) => leave(groupId, id) && drop(people, id, groupId));
      const added = add.filter((id) => join(groupId, id));
      if (added.length + removed.length > 0) count(groupId);
      return { added, removed };
    },
    forgetPerson(personId: string) {
      for (const groupId of people.get(personId) ?? []) {
        leave(groupId, personId);
        count(groupId);
      }
      people.delete(personId);
    },
    forgetGroup: (groupId: string) => void versions.delete(groupId),
  };
}

/** Entries are stored as text, so callers cannot change them by changing what they were given. */
type Table = { texts: Map<string, string>; byKey: Map<string, Set<string>> };
type Link = { person: LinkedPerson; until: number };
type Source = Record<EntryKind, Table> & {
  members: MemoryMembers;
  gone: Map<string, true>;
  touched: Map<string, number>;
  /** By key and person. */
  links: Map<string, Record<string, Link>>;
  /** One at most. */
  syncs: Map<string, LastSync>;
};

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

function openTable(texts: Table['texts']): Table {
  const table: Table = { texts, byKey: new Map() };
  for (const id of texts.keys()) index(table, read(table, id)!);
  return table;
}

function openSource(name: string, tables: Tables): Source {
  const source = `directory/${name}`;
  return {
    people: openTable(tables.map(`${source}/people`)),
    groups: openTable(tables.map(`${source}/groups`)),
    members: createMemoryMembers(source, tables),
    gone: tables.map(`${source}/gone`),
    touched: tables.map(`${source}/touched`),
    links: tables.map(`${source}/links`),
    syncs: tables.map(`${source}/syncs`),
  };
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
      const live = Object.entries(links.get(key) ?? {}).filter(([, one]) => one.until > now());
      const people = Object.fromEntries(live);
      const id = JSON.stringify([person.issuer, person.subject]);
      const added = { person: { ...person }, until: Math.max(until, people[id]?.until ?? 0) };
      links.set(key, { ...people, [id]: added });
    },
    async linked(name, key) {
      const { links } = sourceOf(name);
      const people = Object.values(links.get(key) ?? {}).filter(({ until }) => now() < until);
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
      for (const key of gone) source.gone.set(key, true);
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

/** Creates a directory in memory, with what `tables` keep on a disk, and at most `max` entries of each kind and source. */
export function createMemoryDirectoryStore(deps: {
  now: () => number;
  max?: number;
  tables?: Tables | undefined;
}): DirectoryStore {
  const { now, max = 200_000, tables = memoryTables } = deps;
  const sources = new Map<string, Source>();
  const sourceOf = (name: string): Source => {
    const source = sources.get(name) ?? openSource(name, tables);
    sources.set(name, source);
    return source;
  };
  const store: DirectoryStore = {
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
    recordSync: async (name, sync) => void sourceOf(name).syncs.set('last', { ...sync }),
    lastSync: async (name) => sourceOf(name).syncs.get('last'),
  };
  return savedStore(store, tables, [
    'put',
    'remove',
    'changeMembers',
    'link',
    'touch',
    'takeTouched',
    'completeTouched',
    'recordSync',
  ]);
}
