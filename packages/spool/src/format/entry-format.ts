import { crc32 } from 'node:zlib';

/** An entry as it is read back. */
export type SpoolEntry = { position: number; entry: Uint8Array };

/** What precedes each entry: its CRC, its length, and its index in the segment, each as an unsigned 32-bit number. */
export const entryHeaderBytes = 12;

/** An entry in the bytes of a segment, or why there is none: `cut` means that its end is missing. */
type ReadResult = { index: number; entry: Buffer; end: number } | 'cut' | 'damaged';

/**
 * Writes an entry into `target` and returns where it ends. `seed` is the checksum of the segment's header, which has a
 * random number, so that bytes of another segment, or what a client made an event contain, never pass for an entry.
 */
export function writeEntry(target: Buffer, at: number, entry: Uint8Array, index: number, seed: number): number {
  const end = at + entryHeaderBytes + entry.length;
  target.writeUInt32LE(entry.length, at + 4);
  target.writeUInt32LE(index, at + 8);
  target.set(entry, at + entryHeaderBytes);
  target.writeUInt32LE(crc32(target.subarray(at + 4, end), seed), at);
  return end;
}

/** Reads the entry that begins at `at`, and checks it. */
function readEntry(source: Buffer, at: number, seed: number): ReadResult {
  if (at + entryHeaderBytes > source.length) return 'cut';
  const end = at + entryHeaderBytes + source.readUInt32LE(at + 4);
  if (end > source.length) return 'cut';
  if (source.readUInt32LE(at) !== crc32(source.subarray(at + 4, end), seed)) return 'damaged';
  return { index: source.readUInt32LE(at + 8), entry: source.subarray(at + entryHeaderBytes, end), end };
}

/** Finds the next intact entry whose index is at least `index`, and returns where it begins. */
function findEntry(source: Buffer, from: number, index: number, seed: number): number | undefined {
  const most = source.length / entryHeaderBytes;
  for (let at = from; at + entryHeaderBytes <= source.length; at += 1) {
    const found = source.readUInt32LE(at + 8);
    if (found < index || found > index + most) continue;
    if (typeof readEntry(source, at, seed) === 'object') return at;
  }
  return undefined;
}

/** Returns the most entries that fit into so many bytes. */
export const mostEntries = (bytes: number): number => Math.ceil(bytes / entryHeaderBytes);

/**
 * Counts the entries from `at` to the end of a segment without checking what is in them. The first must have this
 * index. Returns undefined if their lengths and indexes do not fit together.
 */
export function countEntries(source: Buffer, at: number, index: number): number | undefined {
  let [end, next] = [at, index];
  while (end + entryHeaderBytes <= source.length && source.readUInt32LE(end + 8) === next) {
    end += entryHeaderBytes + source.readUInt32LE(end + 4);
    next += 1;
  }
  return end === source.length ? next - index : undefined;
}

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
