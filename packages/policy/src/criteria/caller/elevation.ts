import { kindOf } from '../../document/plain-object.ts';
import { isLoggedIn } from '../../input/policy-input.ts';
import type { Criterion } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { fail, pass } from '../../language/verdict.ts';
import { readStrings } from '../../matchers/string-matcher.ts';

const ok = pass('elevation-ok');
const unauthorized = fail('elevation-unauthorized');
const unauthenticated = fail('user-unauthenticated');

/** Holds while the caller has an elevation of this name, or of one of these names. */
export const elevation: Criterion = {
  name: 'elevation',
  doc: {
    summary: 'Holds while the caller has the elevation of this name, or one of several.',
    data: 'the name of an elevation, or a list of names',
    example: 'prod-admin',
    source: 'Sallyport',
    reasons: ['elevation-ok', 'elevation-unauthorized', 'user-unauthenticated'],
  },
  schema: definition('textOrList'),
  value: (input) => input.elevations,
  compile(data, _subpath, { path, faults }) {
    const names = typeof data === 'string' ? [data] : Array.isArray(data) ? readStrings(data, path, faults) : undefined;
    if (!names && !Array.isArray(data))
      faults.add(path, `must be the name of an elevation or a list of names, not ${kindOf(data)}`);
    if (names?.length === 0) faults.add(path, 'needs at least one name');
    if (!names || names.length === 0) return undefined;
    return (input) => {
      if (!isLoggedIn(input)) return unauthenticated;
      const held = input.elevations;
      if (!Array.isArray(held)) return unauthorized;
      for (let index = 0; index < names.length; index += 1) if (held.includes(names[index]!)) return ok;
      return unauthorized;
    };
  },
};
