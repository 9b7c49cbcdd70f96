import { isPlainObject } from '../../compile/plain-object.ts';
import type { Criterion } from '../../language/criterion.ts';
import { fail, pass } from '../../language/verdict.ts';
import { compileBounds } from './compile-bounds.ts';
import { compileZone } from './compile-zone.ts';
import { parseTimeOfDay } from './parse-time-of-day.ts';

const ok = pass('time-of-day-ok');
const unauthorized = fail('time-of-day-unauthorized');

/** Holds between two times of the day in a time zone. */
export const timeOfDay: Criterion = {
  name: 'time_of_day',
  doc: {
    summary:
      'Holds if the local time in the time zone, including its daylight saving time, is after `after` and before `before`. You can omit either. ' +
      'For a span over midnight, write two criteria under `or`, one with `after` and one with `before`.',
    data: 'mapping of `timezone` (required; a name such as `Europe/Berlin`), `after` and `before` (`15:04`, `15:04:05`, `3:04 PM`, `3PM`)',
    example: { timezone: 'Europe/Berlin', after: '8:00', before: '6:30 PM' },
    source: 'Pomerium',
    reasons: ['time-of-day-ok', 'time-of-day-unauthorized'],
  },
  schema: {
    type: 'object',
    properties: { timezone: { type: 'string' }, after: { type: 'string' }, before: { type: 'string' } },
    required: ['timezone'],
    additionalProperties: false,
    minProperties: 2,
  },
  value: ({ now }) => now,
  compile(data, _subpath, context) {
    const bounds = compileBounds(data, context, {
      parse: parseTimeOfDay,
      what: 'a time of day',
      example: '15:04',
      others: ['timezone'],
    });
    const clock = isPlainObject(data)
      ? compileZone(data.timezone, [...context.path, 'timezone'], context.faults)
      : undefined;
    if (!bounds || !clock) return undefined;
    const { after, before } = bounds;
    return ({ now }) => {
      if (typeof now !== 'number') return unauthorized;
      const time = clock.timeOfDay(now);
      return time > after && time < before ? ok : unauthorized;
    };
  },
};
