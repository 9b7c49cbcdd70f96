/** A range of times in microseconds, which grows with what it is told. */
export type TimeRange = {
  take(at: number): void;
  /** Reports whether a time lies within the range, and not near its ends. */
  covers(at: number): boolean;
  readonly from: number;
  readonly to: number;
};

/** Creates a range. What happened within `margin` of its ends may be missing from the log. */
export function createTimeRange(margin: number, given?: { from: number; to: number }): TimeRange {
  let [from, to] = given ? [given.from, given.to] : [Infinity, -Infinity];
  return {
    take(at) {
      if (given) return;
      if (at < from) from = at;
      if (at > to) to = at;
    },
    covers: (at) => at >= from + margin && at <= to - margin,
    get from() {
      return from;
    },
    get to() {
      return to;
    },
  };
}
