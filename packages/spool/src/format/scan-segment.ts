import { findEntry, readEntry } from './entry-format.ts';

/** What is in a segment: runs of intact entries, and the indexes that are missing between them. */
export type SegmentScan = {
  entries: { index: number; entry: Buffer; end: number }[];
  /** Where the last intact entry ends. */
  end: number;
  /** What follows the last intact entry: nothing, an entry whose end is missing, or bytes that are no entry. */
  tail: 'none' | 'cut' | 'damaged';
  /** Indexes of entries that are damaged, with intact entries after them. */
  missing: { from: number; to: number }[];
};

/**
 * Reads the entries of a segment from `at` on, where the entry with the index `index` is expected.
 * After damage it goes on with the next intact entry.
 */
export function scanSegment(source: Buffer, at: number, index: number, seed: number): SegmentScan {
  const scan: SegmentScan = { entries: [], end: at, tail: 'none', missing: [] };
  let expected = index;
  while (scan.end < source.length) {
    let read = readEntry(source, scan.end, seed);
    if (typeof read !== 'object' || read.index !== expected) {
      const next = findEntry(source, scan.end, expected, seed);
      if (next === undefined) {
        scan.tail = read === 'cut' ? 'cut' : 'damaged';
        break;
      }
      read = readEntry(source, next, seed) as Exclude<typeof read, string>;
      scan.missing.push({ from: expected, to: read.index - 1 });
    }
    scan.entries.push(read);
    [expected, scan.end] = [read.index + 1, read.end];
  }
  return scan;
}
