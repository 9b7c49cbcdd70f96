import type { Criterion } from '../criterion.ts';
import { compileStringMatcher } from '../matchers/string-matcher.ts';
import { fail, pass } from '../verdict.ts';
import { isLoggedIn } from './is-logged-in.ts';

const ok = pass('domain-ok');
const unauthorized = fail('domain-unauthorized');
const unauthenticated = fail('user-unauthenticated');

/** An address with more than one at sign has no domain: readers disagree about where it begins. */
function domainOf(address: string | undefined): string | undefined {
  if (typeof address !== 'string') return undefined;
  const at = address.indexOf('@');
  return at < 0 || address.includes('@', at + 1) ? undefined : address.slice(at + 1);
}

/** String matcher over the part of the caller's e-mail address that follows the at sign. */
export const domain: Criterion = {
  name: 'domain',
  value: (input) => domainOf(input.user?.email),
  compile(data, _subpath, { path, faults }) {
    const matches = compileStringMatcher(data, path, faults);
    return matches && ((input) => {
      if (!isLoggedIn(input)) return unauthenticated;
      return matches(domainOf(input.user?.email)) ? ok : unauthorized;
    });
  },
};
