/** People and groups are kept alike. */
export type EntryKind = 'people' | 'groups';

/** A person or a group of one source. Times are milliseconds since the epoch. */
export type DirectoryEntry = {
  id: string;
  /**
   * What it is found by, each with its kind in front (`name:alice@example.com`); whoever writes them brings them into
   * one form.
   */
  keys: string[];
  /** Whether a person may log in; true of groups. */
  active: boolean;
  /** What the source says of it, for the source alone. */
  body: Record<string, unknown>;
  version: number;
  createdAt: number;
  changedAt: number;
};

/** What goes with a change of an entry. */
export type WriteAbout = {
  /** The version that is replaced; undefined if the entry is new. */
  expected: number | undefined;
  /** Those of its keys that no other entry may have. */
  unique?: readonly string[];
  /** Keys of people whose sessions this may concern. */
  touched?: readonly string[];
};
export type WriteOutcome = 'written' | 'stale' | 'taken';

/** A key that was touched, for one worker until its lease is over; `ticket` says which touch it was. */
export type Touched = { key: string; ticket: number };
export type LinkedPerson = { issuer: string; subject: string };
/** How reading a source went that is read as a whole, again and again. */
export type LastSync = { at: number; people: number; groups: number };

/**
 * People, groups and who is in which, by source: what one source says never meets what another says. Membership is
 * found from both sides without a search. Every backend passes one conformance suite. A store that is away rejects with
 * `sessions-unavailable`.
 */
export interface DirectoryStore {
  /**
   * Writes an entry whole. `stale`: it is not there in the version that was expected (or is there already). `taken`:
   * another has one of the unique keys.
   */
  put(source: string, kind: EntryKind, entry: DirectoryEntry, about: WriteAbout): Promise<WriteOutcome>;
  /**
   * Removes an entry with its memberships; false if it is not there, in that version if one is given. `gone` are keys
   * that are remembered as those of somebody who was removed, until somebody has them again. A group must have no
   * members (`conflict`): they are to be touched first.
   */
  remove(
    source: string,
    kind: EntryKind,
    id: string,
    about?: { expected?: number; gone?: readonly string[]; touched?: readonly string[] },
  ): Promise<boolean>;
  get(source: string, kind: EntryKind, ids: readonly string[]): Promise<(DirectoryEntry | undefined)[]>;
  /** The entries with this key, 100 at most. */
  find(source: string, kind: EntryKind, key: string): Promise<DirectoryEntry[]>;
  /** Entries from the one at place `from` (0 is the first), the oldest first, and how many there are in all. */
  list(
    source: string,
    kind: EntryKind,
    from: number,
    count: number,
  ): Promise<{ total: number; entries: DirectoryEntry[] }>;
  isGone(source: string, keys: readonly string[]): Promise<boolean>;

  /**
   * Adds people to a group and takes people out. Undefined if there is no such group; `unknown` are those who do not
   * exist, and then nothing is changed.
   */
  changeMembers(
    source: string,
    groupId: string,
    change: { add?: readonly string[]; remove?: readonly string[]; touched?: readonly string[] },
  ): Promise<{ added: string[]; removed: string[]; unknown: string[] } | undefined>;
  memberIds(source: string, groupId: string): Promise<string[]>;
  groupIds(source: string, personId: string): Promise<string[]>;
  areMembers(source: string, groupId: string, personIds: readonly string[]): Promise<boolean[]>;
  /** How often the members of each group have been changed. */
  memberVersions(source: string, groupIds: readonly string[]): Promise<number[]>;

  /** Remembers until `until` whose sessions hang on a key. */
  link(source: string, key: string, person: LinkedPerson, until: number): Promise<void>;
  linked(source: string, key: string): Promise<LinkedPerson[]>;
  /** Notes keys of people whose sessions are to be looked at. */
  touch(source: string, keys: readonly string[]): Promise<void>;
  /**
   * Keys that were touched, the longest ago first. Nobody else is given them for `leaseMs`, unless they are touched
   * again; after that they are due again.
   */
  takeTouched(source: string, limit: number, leaseMs: number): Promise<Touched[]>;
  /** What was taken is done; what was touched meanwhile stays. */
  completeTouched(source: string, touched: Touched): Promise<void>;
  touchedCount(source: string): Promise<number>;

  recordSync(source: string, reading: LastSync): Promise<void>;
  lastSync(source: string): Promise<LastSync | undefined>;
}

/** How many entries `find` gives at most. */
export const maxFound = 100;
