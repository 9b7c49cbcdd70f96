/** A period of which nothing is demanded, in RFC 3339: its events were deleted as they should be. */
export type AbsentPeriod = { from?: string; until: string };

/** The times of which nothing is demanded. */
export type AbsentTimes = {
  /** Reports whether a time, in milliseconds since the epoch, is one of them. */
  has(time: number): boolean;
  /** Reports whether there are any between two events. The time of an event may be unknown. */
  touch(before: number | undefined, after: number | undefined): boolean;
};

/** Creates the times from the time at which the trail begins, and from periods within it. */
export function createAbsentTimes(since: string | undefined, absent: readonly AbsentPeriod[]): AbsentTimes {
  const begins = since === undefined ? [] : [{ until: since }];
  const periods = [...begins, ...absent].map(({ from, until }: AbsentPeriod) => ({
    from: from === undefined ? -Infinity : Date.parse(from),
    until: Date.parse(until),
  }));
  return {
    has: (time) => periods.some(({ from, until }) => time >= from && time < until),
    touch: (before = -Infinity, after = Infinity) => periods.some(({ from, until }) => before < until && after >= from),
  };
}
