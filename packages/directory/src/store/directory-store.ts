export type EntryKind = 'people' | 'groups';

/** A person or a group of one source. Times are milliseconds since the epoch. */
export type DirectoryEntry = {
  id: string;
  /**
   * The keys by which it is found, each with its kind as a prefix (`name:alice@example.com`). The writer folds their
   * case.
   */
  keys: string[];
  /** Whether a person may log in. Always true for groups. */
  active: boolean;
  /** The source's own data. */
  body: Record<string, unknown>;
  version: number;
  createdAt: number;
  changedAt: number;
};

/** The conditions and side effects of writing an entry. */
export type WriteAbout = {
  /** The version that is replaced. Undefined for a new entry. */
  expected: number | undefined;
  /** The keys that no other entry may have. */
  unique?: readonly string[];
  /** The keys of people whose sessions may be affected. */
  touched?: readonly string[];
};
type WriteOutcome = 'written' | 'stale' | 'taken';

/** A touched key, leased to one worker. `ticket` identifies the touch. */
type Touched = { key: string; ticket: number };
export type LinkedPerson = { issuer: string; subject: string };
/** The last sync of a source that is read at an interval. */
export type LastSync = { at: number; people: number; groups: number };

/**
 * Stores people, groups and memberships by source. The data of different sources is never mixed. Memberships are indexed
 * by person and by group. Every backend passes one conformance suite. A backend that is down rejects with
 * `sessions-unavailable`.
 */
export interface DirectoryStore {
  /**
   * Writes a whole entry. `stale`: the stored version is not the expected one. `taken`: another entry has one of the
   * unique keys.
   */
  put(source: string, kind: EntryKind, entry: DirectoryEntry, about: WriteAbout): Promise<WriteOutcome>;
  /**
   * Removes an entry with its memberships. Returns false if it is not stored, or not in the expected version. The keys in
   * `gone` are remembered as those of a removed person until another person has them. Rejects with `conflict` for a
   * group that has members: remove them first, so that their sessions are touched.
   */
  remove(
    source: string,
    kind: EntryKind,
    id: string,
    about?: { expected?: number; gone?: readonly string[]; touched?: readonly string[] },
  ): Promise<boolean>;
  get(source: string, kind: EntryKind, ids: readonly string[]): Promise<(DirectoryEntry | undefined)[]>;
  /** Finds the entries with this key, 100 at most. */
  find(source: string, kind: EntryKind, key: string): Promise<DirectoryEntry[]>;
  /** Lists `count` entries from index `from` on, oldest first, and the total number. */
  list(
    source: string,
    kind: EntryKind,
    from: number,
    count: number,
  ): Promise<{ total: number; entries: DirectoryEntry[] }>;
  isGone(source: string, keys: readonly string[]): Promise<boolean>;

  /**
   * Adds people to a group and removes people from it. Undefined if there is no such group. `unknown` lists people to add
   * who do not exist; if there are any, nothing is changed.
   */
  changeMembers(
    source: string,
    groupId: string,
    change: { add?: readonly string[]; remove?: readonly string[]; touched?: readonly string[] },
  ): Promise<{ added: string[]; removed: string[]; unknown: string[] } | undefined>;
  memberIds(source: string, groupId: string): Promise<string[]>;
  groupIds(source: string, personId: string): Promise<string[]>;
  areMembers(source: string, groupId: string, personIds: readonly string[]): Promise<boolean[]>;
  /** Returns how often the members of each group have changed. */
  memberVersions(source: string, groupIds: readonly string[]): Promise<number[]>;

  /** Records, until `until`, that a person has sessions that depend on a key. */
  link(source: string, key: string, person: LinkedPerson, until: number): Promise<void>;
  linked(source: string, key: string): Promise<LinkedPerson[]>;
  /** Notes keys whose sessions must be reconciled. */
  touch(source: string, keys: readonly string[]): Promise<void>;
  /**
   * Leases touched keys, oldest first. No other worker gets them for `leaseMs`, unless they are touched again. After that
   * they are due again.
   */
  takeTouched(source: string, limit: number, leaseMs: number): Promise<Touched[]>;
  /** Removes a key that was taken, unless it was touched again in the meantime. */
  completeTouched(source: string, touched: Touched): Promise<void>;
  touchedCount(source: string): Promise<number>;

  recordSync(source: string, sync: LastSync): Promise<void>;
  lastSync(source: string): Promise<LastSync | undefined>;
}

/** The most entries that `find` returns. */
export const maxFound = 100;
