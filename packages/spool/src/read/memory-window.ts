/** The newest entries, in memory. It is never empty once an entry was added. */
export type MemoryWindow = {
  /** The position of the first entry in memory. One more than `last` if there is none. */
  readonly first: number;
  /** The last position that was added. */
  readonly last: number;
  /** The length of all entries in memory. */
  readonly bytes: number;
  add(entry: Uint8Array): number;
  get(position: number): Uint8Array;
  /** Returns the length of all entries after `position`. */
  bytesAfter(position: number): number;
  /** Drops entries from the front while `mayDrop` allows it. The last entry always stays. */
  drop(mayDrop: (position: number) => boolean): void;
};

/** Creates a window whose first entry will have the position `next`. */
export function createMemoryWindow(next: number): MemoryWindow {
  let entries: (Uint8Array | undefined)[] = [];
  /** For each entry, the length of all entries that were ever added, up to and including it. */
  let ends: number[] = [];
  let [first, last, head, bytes, end] = [next, next - 1, 0, 0, 0];
  return {
    get first() {
      return first;
    },
    get last() {
      return last;
    },
    get bytes() {
      return bytes;
    },
    add(entry) {
      entries.push(entry);
      bytes += entry.length;
      end += entry.length;
      ends.push(end);
      return (last += 1);
    },
    get(position) {
      const entry = entries[head + position - first];
      if (!entry) throw new RangeError(`entry ${position} is not in memory`);
      return entry;
    },
    bytesAfter(position) {
      if (position >= last) return 0;
      return position < first ? bytes : end - ends[head + position - first]!;
    },
    drop(mayDrop) {
      while (first < last && mayDrop(first)) {
        bytes -= entries[head]!.length;
        entries[head] = undefined;
        [head, first] = [head + 1, first + 1];
      }
      if (head <= 1024 || head < entries.length / 2) return;
      entries = entries.slice(head);
      ends = ends.slice(head);
      head = 0;
    },
  };
}
