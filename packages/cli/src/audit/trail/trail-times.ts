import type { AuditRow } from '@sallyport/contracts/answers';
import type { Environment } from '../../environment/environment.ts';
import { createClock, utcClock, type Clock } from '../../terminal/clock.ts';
import { fitsTerminal, type OutputFormat } from '../../terminal/output.ts';

/** How a list shows times, which events have as RFC 3339. */
export type TrailTimes = {
  show(time: string): string;
  /** How wide a time usually is. */
  width: number;
};

export type TimeOptions = { output: OutputFormat; utc?: boolean };

/** Returns a time in UTC with milliseconds, or the text if it is no time. */
const utc = (time: string): string => {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? time : new Date(ms).toISOString();
};
const complete: TrailTimes = { show: utc, width: 24 };

/** Returns the clock by which a person reads times, or undefined if they are shown complete. */
function clockFor(environment: Environment, options: TimeOptions): Clock | undefined {
  if (!fitsTerminal(environment, options.output)) return undefined;
  return options.utc === true ? utcClock : createClock(environment.timeZone);
}

const byClock = (format: (ms: number) => string, width: number): TrailTimes => ({
  show(time) {
    const ms = Date.parse(time);
    return Number.isNaN(ms) ? time : format(ms);
  },
  width,
});

/**
 * Returns how to show some times. On a terminal, they are those of the person's clock in whole seconds, with the date
 * unless all of them are of today. Elsewhere they are complete, in UTC.
 */
export function trailTimes(environment: Environment, options: TimeOptions, times: readonly string[]): TrailTimes {
  const clock = clockFor(environment, options);
  if (!clock) return complete;
  const today = clock.day(environment.now());
  const days = new Set(
    times
      .map((time) => Date.parse(time))
      .filter((ms) => !Number.isNaN(ms))
      .map(clock.day),
  );
  if ([...days].every((day) => day === today)) return byClock(clock.time, 8);
  const sameYear = [...days].every((day) => day.slice(0, 4) === today.slice(0, 4));
  return byClock((ms) => `${clock.day(ms).slice(sameYear ? 5 : 0)} ${clock.time(ms)}`, sameYear ? 14 : 19);
}

/**
 * Returns how to show times of events that are printed as they come. On a terminal, `newDay` returns a line with the date
 * of an event, if it differs from that of the event before.
 */
export function followedTimes(
  environment: Environment,
  options: TimeOptions,
): TrailTimes & { newDay(row: AuditRow): string } {
  const clock = clockFor(environment, options);
  if (!clock) return { ...complete, newDay: () => '' };
  let shown = clock.day(environment.now());
  return {
    ...byClock(clock.time, 8),
    newDay({ time }) {
      const ms = Date.parse(time);
      const day = Number.isNaN(ms) ? shown : clock.day(ms);
      if (day === shown) return '';
      shown = day;
      return `-- ${day} --\n`;
    },
  };
}
