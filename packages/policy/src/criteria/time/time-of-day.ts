import { isPlainObject } from '../../document/plain-object.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';
import { compileBounds } from './compile-bounds.ts';
import { compileZone } from './zone-clock.ts';

const full = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?$/;
const half = /^(\d{1,2})(?::(\d{2}))? ?([AP]M)$/i;

/**
 * Parses `15:04`, `15:04:05`, `15:04:05.999`, `3:04 PM` or `3PM` to milliseconds since midnight. Returns undefined for
 * anything else.
 */
export function parseTimeOfDay(text: string): number | undefined {
  const twelve = half.exec(text);
  if (twelve) {
    const hour = Number(twelve[1]);
    const minute = Number(twelve[2] ?? 0);
    if (hour < 1 || hour > 12 || minute > 59) return undefined;
    return ((hour % 12) + (twelve[3]!.toUpperCase() === 'PM' ? 12 : 0)) * 3_600_000 + minute * 60_000;
  }
  const parts = full.exec(text);
  if (!parts) return undefined;
  const hour = Number(parts[1]);
  const minute = Number(parts[2]);
  const second = Number(parts[3] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return hour * 3_600_000 + minute * 60_000 + second * 1000 + Number(`0.${parts[4] ?? 0}`) * 1000;
}

/** Holds between two times of the day in a time zone. */
export const timeOfDay = createPlainCriterion({
  name: 'time_of_day',
  doc: {
    summary:
      'Holds if the local time in the time zone, including its daylight saving time, is after `after` and before `before`. You can omit either. ' +
      'For a span over midnight, write two criteria under `or`, one with `after` and one with `before`.',
    data: 'mapping of `timezone` (required; a name such as `Europe/Berlin`), `after` and `before` (`15:04`, `15:04:05`, `3:04 PM`, `3PM`)',
    example: { timezone: 'Europe/Berlin', after: '8:00', before: '6:30 PM' },
    source: 'Pomerium',
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
      if (typeof now !== 'number') return false;
      const time = clock.timeOfDay(now);
      return time > after && time < before;
    };
  },
});
