import { badRequest } from '../api-error.ts';
import { parameter } from '../call.ts';
import type { Call, Cluster } from '../call.ts';
import { arrayAt } from '../kube-object.ts';
import type { KubeObject } from '../kube-object.ts';
import { pods } from '../kinds/kinds.ts';

/** The pod that a request names and the container in it that it means: the first one unless it says which. */
export function findContainer(cluster: Cluster, call: Call): { pod: KubeObject; container: Record<string, unknown> } {
  const pod = cluster.store.demand(pods, call.info.namespace, call.info.name);
  const containers = arrayAt(pod, 'spec.containers');
  const wanted = parameter(call, 'container');
  const container = wanted === '' ? containers[0] : containers.find(({ name }) => name === wanted);
  if (container === undefined) throw badRequest(`container ${wanted} is not valid for pod ${call.info.name}`);
  return { pod, container };
}
