import { durationPattern, parseDuration } from '@sallyport/contracts';
import { quoteName } from '../../document/nearest-name.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';

/** Holds for this long after the caller was authenticated. */
export const maxAge = createPlainCriterion({
  name: 'max_age',
  ofCaller: true,
  doc: {
    summary:
      'Holds if the identity provider authenticated the caller (`auth_time` of the id_token) at most this long ago. A refresh of the session does not change this time. Without `auth_time` the criterion does not hold. ' +
      'A user can authenticate again: `sallyport login --max-age 5m`. Streams that depend on this criterion end when the time is over.',
    data: 'a duration such as `15m` or `1h30m`',
    example: '15m',
    source: 'Sallyport',
  },
  schema: { type: 'string', pattern: durationPattern },
  value: (input) => input.session?.authTime,
  compile(data, _subpath, { path, faults }) {
    const hint = 'write it like 15m or 1h30m';
    if (typeof data !== 'string') return faults.addKind(path, 'a duration', data, hint);
    const longest = parseDuration(data);
    if (longest === undefined) return faults.add(path, `${quoteName(data)} is not a duration`, hint);
    return (input) => {
      const at = input.session?.authTime;
      return typeof at === 'number' && typeof input.now === 'number' && input.now - at <= longest;
    };
  },
});
