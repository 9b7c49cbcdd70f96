import type { Criterion } from '../criterion.ts';
import { compileStringMatcher } from '../matchers/string-matcher.ts';
import { fail, pass } from '../verdict.ts';
import { isLoggedIn } from './is-logged-in.ts';

const ok = pass('email-ok');
const unauthorized = fail('email-unauthorized');
const unauthenticated = fail('user-unauthenticated');

/** String matcher over the caller's e-mail address. */
export const email: Criterion = {
  name: 'email',
  value: (input) => input.user?.email,
  compile(data, _subpath, { path, faults }) {
    const matches = compileStringMatcher(data, path, faults);
    return matches && ((input) => {
      if (!isLoggedIn(input)) return unauthenticated;
      return matches(input.user?.email) ? ok : unauthorized;
    });
  },
};
