import { isMissing, readBytes, type Files, type SpoolFile } from '../files/disk-files.ts';
import { scanSegment, type SegmentScan, type SpoolEntry } from '../format/entry-format.ts';
import { segmentHeaderBytes } from '../format/segment-header.ts';
import type { Segment, LostEntries } from '../segments/segment-list.ts';

export type ReadRequest = {
  from: number;
  /** The last entry that this segment must have. */
  last: number;
  maxBytes: number;
};

/** The entries found, what is missing among them, and where to go on. */
export type SegmentRead = { entries: SpoolEntry[]; lost: LostEntries[]; next: number };

const leastChunk = 64 * 1024;

/**
 * Reads entries of one segment. Entries that are damaged, or missing although they were written, are in `lost`. Rejects
 * if the disk cannot be read.
 */
export async function readSegment(files: Files, segment: Segment, request: ReadRequest): Promise<SegmentRead> {
  let file;
  try {
    file = await files.open(segment.path, 'r');
  } catch (error) {
    if (!isMissing(error)) throw error;
    const reason = `${segment.path} is gone`;
    return { entries: [], lost: [{ from: request.from, to: request.last, reason }], next: request.last + 1 };
  }
  try {
    return await readFile(file, segment, request);
  } finally {
    await file.close();
  }
}

async function readFile(
  file: SpoolFile,
  segment: Segment,
  { from, last, maxBytes }: ReadRequest,
): Promise<SegmentRead> {
  const { size } = await file.stat();
  const { base, seed, marks, path } = segment;
  const mark = marks.findLast((known) => known.position <= from);
  const read: SegmentRead = { entries: [], lost: [], next: mark?.position ?? base };
  let [at, taken, chunk] = [mark?.at ?? segmentHeaderBytes, 0, Math.max(leastChunk, maxBytes)];

  /** Goes on to `position`. What is left out on the way is lost. */
  const goTo = (position: number) => {
    if (position > read.next && position > from)
      read.lost.push({ from: Math.max(read.next, from), to: position - 1, reason: `damaged in ${path}` });
    read.next = position;
  };
  /** Takes the entries of a chunk. Returns false once there are enough. */
  const take = (found: SegmentScan['entries'], start: number): boolean => {
    for (const { index, entry, end } of found) {
      const position = base + index;
      const wanted = position >= from;
      if (position > last || (wanted && taken > 0 && taken + entry.length > maxBytes)) return false;
      goTo(position);
      if (wanted) read.entries.push({ position, entry });
      taken += wanted ? entry.length : 0;
      [read.next, at] = [position + 1, start + end];
    }
    return true;
  };

  while (read.next <= last) {
    const bytes = await readBytes(file, at, Math.min(chunk, Math.max(size - at, 0)));
    const { entries } = scanSegment(bytes, 0, read.next - base, seed);
    if (entries.length > 0) {
      if (!take(entries, at)) break;
    } else if (at + bytes.length < size) {
      // An entry longer than what was read, or damage.
      chunk = size - at;
    } else goTo(last + 1);
  }
  if (read.next > (marks.at(-1)?.position ?? base)) marks.push({ position: read.next, at });
  return read;
}
