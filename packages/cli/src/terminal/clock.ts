import { hourMs } from '@sallyport/contracts/text';

/** Shows times as a clock on the wall of a time zone does. */
export type Clock = {
  /** The date, such as `2026-11-25`. */
  day(ms: number): string;
  /** The first moment at which the clock shows a date and a time of day (`09:30:00`), or would if it did not skip it. */
  moment(day: string, time: string): number;
  /** The time of day in whole seconds, such as `23:59:12`. Has the offset where the clock shows this time twice. */
  time(ms: number): string;
};

const numeric = { month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;

/** Returns the offset of a zone from UTC as RFC 3339 writes it, such as `+01:00`. */
function formatOffset(ms: number): string {
  const minutes = Math.abs(Math.round(ms / 60_000));
  const pair = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${ms < 0 ? '-' : '+'}${pair(minutes / 60)}:${pair(minutes % 60)}`;
}

/** Creates the clock of a time zone (an IANA name), by default that of the process. */
export function createClock(timeZone?: string): Clock {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', ...numeric, hourCycle: 'h23' });
  /** What the clock shows, as if that were UTC. */
  const wallOf = (ms: number): number => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const of = (type: Intl.DateTimeFormatPartTypes, length = 2) => parts.get(type)!.padStart(length, '0');
    const [day, time] = [
      `${of('year', 4)}-${of('month')}-${of('day')}`,
      `${of('hour')}:${of('minute')}:${of('second')}`,
    ];
    return Date.parse(`${day}T${time}Z`);
  };
  const offsetOf = (ms: number) => wallOf(ms) - Math.floor(ms / 1000) * 1000;
  const isTwice = (ms: number) => {
    const own = offsetOf(ms);
    return [-3 * hourMs, 3 * hourMs].some((step) => {
      const other = offsetOf(ms + step);
      return other !== own && offsetOf(ms + own - other) === other;
    });
  };
  const shown = (ms: number) => new Date(wallOf(ms)).toISOString();
  return {
    day: (ms) => shown(ms).slice(0, 10),
    moment(day, time) {
      const wall = Date.parse(`${day}T${time}Z`);
      const [before, after] = [-24 * hourMs, 24 * hourMs].map((step) => wall - offsetOf(wall + step));
      return [before!, after!].toSorted((a, b) => a - b).find((ms) => wallOf(ms) === wall) ?? before!;
    },
    time: (ms) => `${shown(ms).slice(11, 19)}${isTwice(ms) ? formatOffset(offsetOf(ms)) : ''}`,
  };
}

/** The clock in UTC, which says so. */
export const utcClock: Clock = {
  day: (ms) => new Date(ms).toISOString().slice(0, 10),
  moment: (day, time) => Date.parse(`${day}T${time}Z`),
  time: (ms) => `${new Date(ms).toISOString().slice(11, 19)}Z`,
};
