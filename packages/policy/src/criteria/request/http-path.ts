import type { Criterion } from '../criterion.ts';
import { compileStringMatcher } from '../matchers/string-matcher.ts';
import { fail, pass } from '../verdict.ts';

const ok = pass('http-path-ok');
const unauthorized = fail('http-path-unauthorized');

/** String matcher over the path of the request, without its query. */
export const httpPath: Criterion = {
  name: 'http_path',
  value: (input) => input.request?.path,
  compile(data, _subpath, { path, faults }) {
    const matches = compileStringMatcher(data, path, faults);
    return matches && ((input) => (matches(input.request?.path) ? ok : unauthorized));
  },
};
