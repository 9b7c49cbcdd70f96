import { isMissing, type Files } from '../files/disk-files.ts';

/** Entries that cannot be read back, because the disk changed or lost them. They were not acknowledged. */
export type LostEntries = { from: number; to: number; reason: string };

/** A file of entries. */
export type Segment = {
  /** The position of its first entry. */
  readonly base: number;
  readonly path: string;
  /** The checksum of its header, which its entries are checked with. */
  readonly seed: number;
  /** Where its intact entries end. */
  size: number;
  /** Places of entries where reading may begin, in order. */
  readonly marks: { position: number; at: number }[];
  /** True once the disk has failed to read it for so long that its entries are given up. */
  isUnreadable: boolean;
};

/** The segments of a spool, in order. */
export type SegmentList = {
  readonly length: number;
  readonly bytes: number;
  add(segment: Segment): void;
  remove(segment: Segment): void;
  /** Returns the segment that has `position` and its last position (`end` if it is the last segment). */
  find(position: number, end: number): { segment: Segment; last: number } | undefined;
  /** Returns the first position after `position` that is in a segment. */
  firstAfter(position: number): number | undefined;
  /**
   * Returns the first segment if all of its entries are acknowledged. The segment with the entry `stored` stays, so that
   * the last entry is always on the disk.
   */
  removable(acknowledged: number, stored: number): Segment | undefined;
};

/** Creates the list of the segments that are on the disk. */
export function createSegmentList(segments: Segment[]): SegmentList {
  return {
    get length() {
      return segments.length;
    },
    get bytes() {
      let bytes = 0;
      for (const { size } of segments) bytes += size;
      return bytes;
    },
    add: (segment) => void segments.push(segment),
    remove(segment) {
      segments = segments.filter((other) => other !== segment);
    },
    find(position, end) {
      const at = segments.findLastIndex(({ base }) => base <= position);
      const next = segments[at + 1];
      return at < 0 ? undefined : { segment: segments[at]!, last: next ? next.base - 1 : end };
    },
    firstAfter: (position) => segments.find(({ base }) => base > position)?.base,
    removable(acknowledged, stored) {
      const [first, second] = segments;
      return second && second.base - 1 <= acknowledged && second.base <= stored ? first : undefined;
    },
  };
}

/** Deletes the file of a segment, or sets it aside if it was never read. It may be gone already. */
export async function deleteSegment(files: Files, { path, isUnreadable }: Segment): Promise<void> {
  try {
    await (isUnreadable ? files.rename(path, `${path}.damaged`) : files.unlink(path));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
