import type { Segment } from '../segments/segment-list.ts';

/** Decides how long a segment that cannot be read may hold up the delivery of what follows it. */
export type ReadPatience = {
  /** Notes a failed attempt. Returns true if it was one too many, and remembers that. */
  isOver(segment: Segment): boolean;
  /** Notes that a segment was read. */
  worked(): void;
};

/** A disk that is replaced, or a volume that is mounted again, is back by then. */
const leastMs = 60_000;
const leastAttempts = 5;

/** Creates it. `now` returns milliseconds since the epoch. */
export function createReadPatience(now: () => number): ReadPatience {
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
