import { parseDate } from '../../input/parse-date.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';
import { compileBounds } from '../time/compile-bounds.ts';

/** Holds if the caller was authenticated between two times. */
export const authTime = createPlainCriterion({
  name: 'auth_time',
  ofCaller: true,
  doc: {
    summary:
      'Holds if the time at which the identity provider authenticated the caller (`auth_time` of the id_token) is after `after` and before `before`. You can omit either. ' +
      'A refresh of the session does not change this time. Without `auth_time` the criterion does not hold.',
    data: 'mapping of `after` and `before`: ISO 8601 dates with or without a time, in UTC unless they have an offset',
    example: { after: '2026-03-01T08:00:00Z' },
    source: 'Sallyport',
  },
  schema: {
    type: 'object',
    properties: { after: { type: 'string' }, before: { type: 'string' } },
    additionalProperties: false,
    minProperties: 1,
  },
  value: (input) => input.session?.authTime,
  compile(data, _subpath, context) {
    const bounds = compileBounds(data, context, { parse: parseDate, what: 'a date', example: '2026-03-01T08:00:00Z' });
    if (!bounds) return undefined;
    const { after, before } = bounds;
    return (input) => {
      const at = input.session?.authTime;
      return typeof at === 'number' && at > after && at < before;
    };
  },
});
