import { isLoggedIn } from '../../input/policy-input.ts';
import type { Criterion } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { fail, pass } from '../../language/verdict.ts';
import { compileListMatcher } from '../../matchers/list-matcher.ts';

const ok = pass('amr-ok');
const unauthorized = fail('amr-unauthorized');
const unauthenticated = fail('user-unauthenticated');

/** List matcher over the methods with which the caller was authenticated. */
export const amr: Criterion = {
  name: 'amr',
  doc: {
    summary:
      'Holds if the methods with which the identity provider authenticated the caller (`amr` of the id_token, RFC 8176) match.',
    data: 'list matcher',
    example: { has: 'hwk', exclude: 'sms' },
    source: 'Sallyport',
    reasons: ['amr-ok', 'amr-unauthorized', 'user-unauthenticated'],
  },
  schema: definition('listMatcher'),
  value: (input) => input.session?.amr,
  compile(data, _subpath, { path, faults }) {
    const matches = compileListMatcher(data, path, faults);
    return (
      matches &&
      ((input) => {
        if (!isLoggedIn(input)) return unauthenticated;
        return matches(input.session?.amr) ? ok : unauthorized;
      })
    );
  },
};
