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

/**
 * Creates a filter that accepts names which match any of the patterns. `*` stands for any characters. The time grows
 * linearly with the length of the name and the patterns.
 */
export function createGroupFilter(patterns: readonly string[]): (name: string) => boolean {
  const split = patterns.map((pattern) => pattern.split('*'));
  return (name) =>
    split.some((pieces) => {
      const [first = '', ...rest] = pieces;
      if (rest.length === 0) return name === first;
      const last = rest.pop()!;
      if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
      let at = first.length;
      for (const piece of rest) {
        const found = name.indexOf(piece, at);
        if (found < 0 || found + piece.length > name.length - last.length) return false;
        at = found + piece.length;
      }
      return true;
    });
}
