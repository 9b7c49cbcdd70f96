import { quoteName } from '../../document/nearest-name.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Parses a duration such as `30s`, `15m` or `1h30m`, as in sallyport.yaml, to milliseconds. Returns undefined for
 * anything else.
 */
function parseDuration(text: string): number | undefined {
  if (text.length > 64 || !/^(?:\d{1,9}(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * unitMs[unit!]!,
    0,
  );
}

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
  schema: { type: 'string', pattern: '^([0-9]{1,9}(ms|s|m|h|d))+$' },
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
