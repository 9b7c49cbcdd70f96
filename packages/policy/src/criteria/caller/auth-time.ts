import { parseDate } from '../../input/parse-date.ts';
import { isLoggedIn } from '../../input/policy-input.ts';
import type { Criterion } from '../../language/criterion.ts';
import { fail, pass } from '../../language/verdict.ts';
import { compileBounds } from '../time/compile-bounds.ts';

const ok = pass('auth-time-ok');
const unauthorized = fail('auth-time-unauthorized');
const unauthenticated = fail('user-unauthenticated');

/** Holds if the caller was authenticated between two times. */
export const authTime: Criterion = {
  name: 'auth_time',
  doc: {
    summary:
      'Holds if the time at which the identity provider authenticated the caller (`auth_time` of the id_token) is after `after` and before `before`. You can omit either. ' +
      'A refresh of the session does not change this time. Without `auth_time` the criterion does not hold.',
    data: 'mapping of `after` and `before`: ISO 8601 dates with or without a time, in UTC unless they have an offset',
    example: { after: '2026-03-01T08:00:00Z' },
    source: 'Sallyport',
    reasons: ['auth-time-ok', 'auth-time-unauthorized', 'user-unauthenticated'],
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
      if (!isLoggedIn(input)) return unauthenticated;
      const at = input.session?.authTime;
      return typeof at === 'number' && at > after && at < before ? ok : unauthorized;
    };
  },
};
