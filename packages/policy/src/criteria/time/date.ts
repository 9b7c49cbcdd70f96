import { parseDate } from '../../input/parse-date.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';
import { compileBounds } from './compile-bounds.ts';

/** Holds between two times. */
export const date = createPlainCriterion({
  name: 'date',
  doc: {
    summary: 'Holds if the time of the request is after `after` and before `before`. You can omit either.',
    data: 'mapping of `after` and `before`: ISO 8601 dates with or without a time, in UTC unless they have an offset',
    example: { after: '2026-03-01T08:00:00', before: '2026-04-01' },
    source: 'Pomerium',
  },
  schema: {
    type: 'object',
    properties: { after: { type: 'string' }, before: { type: 'string' } },
    additionalProperties: false,
    minProperties: 1,
  },
  value: ({ now }) => now,
  compile(data, _subpath, context) {
    const bounds = compileBounds(data, context, { parse: parseDate, what: 'a date', example: '2026-03-01T08:00:00Z' });
    if (!bounds) return undefined;
    const { after, before } = bounds;
    return ({ now }) => typeof now === 'number' && now > after && now < before;
  },
});
