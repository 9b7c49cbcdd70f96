import type { Criterion } from '../criterion.ts';
import { compileStringMatcher } from '../matchers/string-matcher.ts';
import { fail, pass } from '../verdict.ts';

const ok = pass('k8s-namespace-ok');
const unauthorized = fail('k8s-namespace-unauthorized');

/** String matcher over the namespace; what has none (cluster-wide lists too) matches nothing, not even `not`. */
export const k8sNamespace: Criterion = {
  name: 'k8s/namespace',
  value: (input) => input.kubernetes?.namespace || undefined,
  compile(data, _subpath, { path, faults }) {
    const matches = compileStringMatcher(data, path, faults);
    return matches && ((input) => (matches(input.kubernetes?.namespace || undefined) ? ok : unauthorized));
  },
};
