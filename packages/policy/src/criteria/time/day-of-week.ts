import { quoteName } from '../../document/nearest-name.ts';
import { isPlainObject, kindOf } from '../../document/plain-object.ts';
import type { CompileContext } from '../../language/criterion.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';
import { compileZone } from './zone-clock.ts';

const dayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/**
 * Returns the number of a day (0 is Sunday) from its English name or its first three letters, in any case; otherwise
 * -1.
 */
function dayOf(text: string): number {
  const day = text.trim().toLowerCase();
  return dayNames.findIndex((name) => name === day || name.slice(0, 3) === day);
}

/**
 * Parses `*`, `sat,sun`, `mon-fri` or a combination to seven flags, Sunday first. Returns undefined for anything else.
 * A range can span the weekend.
 */
export function parseDays(text: string): readonly boolean[] | undefined {
  if (text.length > 256) return undefined;
  if (text.trim() === '*') return dayNames.map(() => true);
  const days = dayNames.map(() => false);
  for (const part of text.split(',')) {
    const ends = part.split('-').map(dayOf);
    if (ends.length > 2 || ends.includes(-1)) return undefined;
    const first = ends[0]!;
    const last = ends.at(-1)!;
    for (let day = first; ; day = (day + 1) % 7) {
      days[day] = true;
      if (day === last) break;
    }
  }
  return days;
}

function compileDays(
  data: unknown,
  path: CompileContext['path'],
  { faults }: CompileContext,
): readonly boolean[] | undefined {
  const days = typeof data === 'string' ? parseDays(data) : undefined;
  if (!days)
    faults.add(
      path,
      `must name days of the week, ${typeof data === 'string' ? `${quoteName(data)} does not` : `not ${kindOf(data)}`}`,
      'write them as mon-fri, sat,sun or *',
    );
  return days;
}

/** Holds on some days of the week, in UTC or in a time zone. */
export const dayOfWeek = createPlainCriterion({
  name: 'day_of_week',
  doc: {
    summary:
      'Holds on these days of the week, in UTC. With a mapping of `is` and `timezone`, the calendar of that time zone counts.',
    data: '`*`, days (`sat,sun`), a range (`mon-fri`) or a combination, as English names or their first three letters; or a mapping of `is` (the same) and `timezone`',
    example: 'mon-fri',
    source: 'Pomerium',
  },
  schema: {
    anyOf: [
      { type: 'string' },
      {
        type: 'object',
        properties: { is: { type: 'string' }, timezone: { type: 'string' } },
        required: ['is', 'timezone'],
        additionalProperties: false,
      },
    ],
  },
  value: ({ now }) => now,
  compile(data, _subpath, context) {
    const { path, faults } = context;
    const before = faults.size;
    const zoned = isPlainObject(data);
    if (zoned) faults.addUnknownKeys(path, 'member', data, ['is', 'timezone']);
    const days = compileDays(zoned ? data.is : data, zoned ? [...path, 'is'] : path, context);
    const clock = compileZone(zoned ? data.timezone : 'UTC', [...path, 'timezone'], faults);
    if (!days || !clock || faults.size > before) return undefined;
    return ({ now }) => typeof now === 'number' && days[clock.weekday(now)] === true;
  },
});
