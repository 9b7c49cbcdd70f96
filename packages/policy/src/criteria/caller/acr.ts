import { isLoggedIn } from '../../input/policy-input.ts';
import type { Criterion } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { fail, pass } from '../../language/verdict.ts';
import { compileStringMatcher } from '../../matchers/string-matcher.ts';

const ok = pass('acr-ok');
const unauthorized = fail('acr-unauthorized');
const unauthenticated = fail('user-unauthenticated');

/** String matcher over the authentication context class of the caller. */
export const acr: Criterion = {
  name: 'acr',
  doc: {
    summary:
      'Holds if the authentication context class of the caller (`acr` of the id_token) matches. A user can log in again and request a class: `sallyport login --acr <class>`.',
    data: 'string matcher',
    example: { in: ['phr', 'phrh'] },
    source: 'Sallyport',
    reasons: ['acr-ok', 'acr-unauthorized', 'user-unauthenticated'],
  },
  schema: definition('textMatcher'),
  value: (input) => input.session?.acr || undefined,
  compile(data, _subpath, { path, faults }) {
    const matches = compileStringMatcher(data, path, faults);
    return (
      matches &&
      ((input) => {
        if (!isLoggedIn(input)) return unauthenticated;
        return matches(input.session?.acr || undefined) ? ok : unauthorized;
      })
    );
  },
};
