import { auditScope } from '../../language/applies-in.ts';
import type { Criterion } from '../../language/criterion.ts';
import { leaveOpen } from '../../language/verdict.ts';
import { createTextCriterion } from '../text/text-criterion.ts';

const named = createTextCriterion({
  name: 'k8s/cluster',
  read: (input) => input.kubernetes?.cluster || undefined,
  takesList: true,
  doc: {
    summary:
      'Holds if the name of the cluster (`clusters[].name`) matches. In `api.policy` it applies to `audit`, where it is the cluster whose events are asked for, and to `recordings`, where it is that of the recorded session. For events without a cluster, an allow that depends on it does not hold, not even after `not`.',
    example: { starts_with: 'prod-' },
    source: 'Sallyport',
  },
});

const noCluster = leaveOpen('k8s-cluster-unauthorized');

/** String matcher or list over the name of the cluster. */
export const k8sCluster: Criterion = {
  ...named,
  compile(data, subpath, context) {
    const evaluate = named.compile(data, subpath, context);
    // `not` a cluster must not allow events that are in no cluster's trail.
    if (!evaluate || context.scope !== auditScope || context.action !== 'allow') return evaluate;
    return (input) => (input.kubernetes?.cluster ? evaluate(input) : noCluster);
  },
};
