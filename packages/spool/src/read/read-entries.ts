import type { Files } from '../files/disk-files.ts';
import type { SpoolEntry } from '../format/entry-format.ts';
import type { Segment, SegmentList, LostEntries } from '../segments/segment-list.ts';
import type { MemoryWindow } from './memory-window.ts';
import { readSegment, type ReadRequest, type SegmentRead } from './read-segment.ts';

/** Decides how long a segment that cannot be read may hold up the delivery of what follows it. */
type ReadPatience = {
  /** Notes a failed attempt. Returns true if it was one too many, and remembers that. */
  isOver(segment: Segment): boolean;
  /** Notes that a segment was read. */
  worked(): void;
};

/** A disk that is replaced, or a volume that is mounted again, is back by then. */
const leastMs = 60_000;
const leastAttempts = 5;

/** Creates the count of failed attempts to read a segment. `now` returns milliseconds since the epoch. */
function createReadPatience(now: () => number): ReadPatience {
  let failing: { segment: Segment; since: number; attempts: number } | undefined;
  return {
    isOver(segment) {
      if (failing?.segment !== segment) failing = { segment, since: now(), attempts: 0 };
      failing.attempts += 1;
      segment.isUnreadable ||= failing.attempts >= leastAttempts && now() - failing.since >= leastMs;
      return segment.isUnreadable;
    },
    worked: () => void (failing = undefined),
  };
}

export type ReadEntriesDeps = {
  files: Files;
  window: MemoryWindow;
  segments: SegmentList;
  acknowledged: () => number;
  lastWritten: () => number;
  onLost: (lost: LostEntries) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
};

/**
 * Creates the reader of a spool. Entries that are no longer in memory are read from the disk: only such that were synced,
 * because others stay in memory.
 */
export function createReader(deps: ReadEntriesDeps): (from: number, maxBytes: number) => Promise<SpoolEntry[]> {
  const { files, window, segments, acknowledged, lastWritten, onLost } = deps;
  const readMemory = (from: number, maxBytes: number): SpoolEntry[] => {
    const entries: SpoolEntry[] = [];
    let taken = 0;
    for (let position = from; position <= lastWritten(); position += 1) {
      const entry = window.get(position);
      taken += entry.length;
      if (entries.length > 0 && taken > maxBytes) break;
      entries.push({ position, entry });
    }
    return entries;
  };
  const patience = createReadPatience(deps.now);
  const readDisk = async (segment: Segment, request: ReadRequest): Promise<SegmentRead> => {
    try {
      const read = await readSegment(files, segment, request);
      patience.worked();
      return read;
    } catch (error) {
      if (!patience.isOver(segment)) throw error;
      const { from, last } = request;
      const reason = `${segment.path} cannot be read: ${(error as Error).message}; it is kept as ${segment.path}.damaged`;
      return { entries: [], lost: [{ from, to: last, reason }], next: last + 1 };
    }
  };
  return async (wanted, maxBytes) => {
    let from = wanted;
    for (;;) {
      from = Math.max(from, acknowledged() + 1);
      if (from > lastWritten()) return [];
      if (from >= window.first) return readMemory(from, maxBytes);
      const end = window.first - 1;
      const found = segments.find(from, end);
      if (!found) {
        const next = Math.min(segments.firstAfter(from) ?? window.first, window.first);
        onLost({ from, to: next - 1, reason: 'their file is gone' });
        from = next;
        continue;
      }
      const read = await readDisk(found.segment, { from, last: Math.min(found.last, end), maxBytes });
      for (const lost of read.lost) onLost(lost);
      if (read.entries.length > 0) return read.entries;
      from = read.next;
    }
  };
}
