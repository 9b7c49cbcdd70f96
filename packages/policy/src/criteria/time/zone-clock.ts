import type { FaultList, FaultPath } from '../../document/fault-list.ts';
import { nearestName, quoteName } from '../../document/nearest-name.ts';

/** The local time of one time zone. Both functions return NaN for an invalid time. */
type ZoneClock = {
  /** Returns the local time as milliseconds since midnight, for a time in milliseconds since the epoch. */
  readonly timeOfDay: (now: number) => number;
  /** 0 is Sunday. */
  readonly weekday: (now: number) => number;
};

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const lastMoment = 8.64e15;
const clocks = new Map<string, ZoneClock>();

function createZoneClock(timeZone: string): ZoneClock {
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  // The formatter is slow and allocates. Within one second the result stays the same, because zones change on whole
  // seconds.
  const last = { second: Number.NaN, weekday: Number.NaN, secondOfDay: Number.NaN };
  const look = (now: number) => {
    const second = Math.floor(now / 1000);
    if (second === last.second) return;
    const parts = new Map(formatter.formatToParts(second * 1000).map(({ type, value }) => [type, value]));
    last.weekday = weekdays.indexOf(parts.get('weekday') ?? '');
    last.secondOfDay =
      Number(parts.get('hour')) * 3600 + Number(parts.get('minute')) * 60 + Number(parts.get('second'));
    last.second = second;
  };
  const isMoment = (now: number) => Math.abs(now) <= lastMoment;
  return {
    timeOfDay(now) {
      if (!isMoment(now)) return Number.NaN;
      look(now);
      return last.secondOfDay * 1000 + (now - last.second * 1000);
    },
    weekday(now) {
      if (!isMoment(now)) return Number.NaN;
      look(now);
      return last.weekday;
    },
  };
}

/**
 * Returns the clock of a time zone of the IANA database, of `UTC`, or of an offset such as `+02:00`; undefined if there
 * is no such zone. The clock of a zone is shared.
 */
export function zoneClock(timeZone: string): ZoneClock | undefined {
  try {
    const name = new Intl.DateTimeFormat('en-US', { timeZone }).resolvedOptions().timeZone;
    const clock = clocks.get(name) ?? createZoneClock(name);
    clocks.set(name, clock);
    return clock;
  } catch {
    return undefined;
  }
}

/** Returns the clock of the time zone named in a policy, or undefined after reporting a fault. */
export function compileZone(data: unknown, path: FaultPath, faults: FaultList): ZoneClock | undefined {
  if (typeof data !== 'string')
    return faults.addKind(path, 'the name of a time zone', data, 'write it as Europe/Berlin or UTC');
  const nearest = () => nearestName(data, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
  return (
    zoneClock(data) ?? faults.add(path, `unknown time zone ${quoteName(data)}`, () => `did you mean ${nearest()}?`)
  );
}
