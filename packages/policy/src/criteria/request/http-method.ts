import type { Criterion } from '../criterion.ts';
import { compileStringMatcher } from '../matchers/string-matcher.ts';
import { fail, pass } from '../verdict.ts';

const ok = pass('http-method-ok');
const unauthorized = fail('http-method-unauthorized');

/** String matcher over the HTTP method. */
export const httpMethod: Criterion = {
  name: 'http_method',
  value: (input) => input.request?.method,
  compile(data, _subpath, { path, faults }) {
    const matches = compileStringMatcher(data, path, faults);
    return matches && ((input) => (matches(input.request?.method) ? ok : unauthorized));
  },
};
