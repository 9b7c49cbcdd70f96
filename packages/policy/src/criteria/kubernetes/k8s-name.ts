import type { Criterion } from '../criterion.ts';
import { compileStringMatcher } from '../matchers/string-matcher.ts';
import { fail, pass } from '../verdict.ts';

const ok = pass('k8s-name-ok');
const unauthorized = fail('k8s-name-unauthorized');

/** String matcher over the object's name; lists, creates and deletes of a collection have none and match nothing. */
export const k8sName: Criterion = {
  name: 'k8s/name',
  value: (input) => input.kubernetes?.name || undefined,
  compile(data, _subpath, { path, faults }) {
    const matches = compileStringMatcher(data, path, faults);
    return matches && ((input) => (matches(input.kubernetes?.name || undefined) ? ok : unauthorized));
  },
};
