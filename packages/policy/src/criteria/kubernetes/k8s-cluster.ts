import type { Criterion } from '../criterion.ts';
import { compileStringMatcher } from '../matchers/string-matcher.ts';
import { fail, pass } from '../verdict.ts';

const ok = pass('k8s-cluster-ok');
const unauthorized = fail('k8s-cluster-unauthorized');

/** String matcher over the name of the cluster. */
export const k8sCluster: Criterion = {
  name: 'k8s/cluster',
  value: (input) => input.kubernetes?.cluster || undefined,
  compile(data, _subpath, { path, faults }) {
    const matches = compileStringMatcher(data, path, faults);
    return matches && ((input) => (matches(input.kubernetes?.cluster || undefined) ? ok : unauthorized));
  },
};
