import type { SourceConfig } from '@sallyport/contracts';

/** A source that is read at an interval. */
export type SyncedSource = Extract<SourceConfig, { interval: number }>;

/** A person as an API describes them. `id` is the API's own identifier. */
export type SnapshotPerson = { id: string; name?: string | undefined; emails: string[]; active: boolean };
/** A group. `mark` changes whenever its members change. */
export type SnapshotGroup = { id: string; name: string; mark?: string | undefined };

/**
 * The complete content of a source at one time. `membersOf` returns the ids of people. It is called only for groups
 * whose members may have changed.
 */
export type Snapshot = {
  people: SnapshotPerson[];
  groups: SnapshotGroup[];
  membersOf(group: SnapshotGroup): Promise<string[]>;
};

/** Reads a whole source. Rejects with an ApiFailure rather than leave anything out. */
export type ReadSnapshot = () => Promise<Snapshot>;
