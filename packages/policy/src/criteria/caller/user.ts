import type { Criterion } from '../criterion.ts';
import { compileStringMatcher } from '../matchers/string-matcher.ts';
import { fail, pass } from '../verdict.ts';
import { isLoggedIn } from './is-logged-in.ts';

const ok = pass('user-ok');
const unauthorized = fail('user-unauthorized');
const unauthenticated = fail('user-unauthenticated');

/** String matcher over the caller's name, the one that goes upstream. */
export const user: Criterion = {
  name: 'user',
  value: (input) => input.user?.id,
  compile(data, _subpath, { path, faults }) {
    const matches = compileStringMatcher(data, path, faults);
    return matches && ((input) => {
      if (!isLoggedIn(input)) return unauthenticated;
      return matches(input.user?.id) ? ok : unauthorized;
    });
  },
};
