import type { AskRecorded } from './ask-recorded.ts';
import { createClusterKinds, type ClusterKinds } from './cluster-kinds.ts';
import type { Upstream } from './upstream.ts';

const about = {
  verb: 'get',
  user: { username: 'gateway:discovery' },
  detail: 'The gateway asked what the cluster serves.',
};

/** Creates what asks each cluster for its kinds. The answers are forgotten when its upstream is replaced. */
export function createAuditedClusterKinds({ ask }: { ask: AskRecorded }): (upstream: Upstream) => ClusterKinds {
  const kindsOf = new WeakMap<Upstream, ClusterKinds>();
  return (upstream) => {
    let kinds = kindsOf.get(upstream);
    if (kinds === undefined)
      kindsOf.set(
        upstream,
        (kinds = createClusterKinds({
          ask: (request) => ask(upstream, request, about),
          clock: () => performance.now(),
        })),
      );
    return kinds;
  };
}
