/** A person as an API tells of them: `id` is the API's own. */
export type SnapshotPerson = { id: string; name?: string | undefined; emails: string[]; active: boolean };
/** A group; `mark` is something that is another when its members are. */
export type SnapshotGroup = { id: string; name: string; mark?: string | undefined };

/**
 * Everything that a source says, at one time. `membersOf` gives ids of people; it is asked only for groups whose
 * members may have changed.
 */
export type Snapshot = {
  people: SnapshotPerson[];
  groups: SnapshotGroup[];
  membersOf(group: SnapshotGroup): Promise<string[]>;
};

/** Reads a source as a whole. Rejects with an ApiFailure rather than leave something out. */
export type ReadSnapshot = () => Promise<Snapshot>;
