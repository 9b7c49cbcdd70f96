import { parameter, type Call, type Cluster } from '../access/call.ts';
import { pods } from '../kinds/kinds.ts';
import { badRequest, ApiError } from '../objects/api-error.ts';
import { arrayAt, type KubeObject } from '../objects/kube-object.ts';

/** Returns the pod of a request and the container that it names, or the first container. */
export function findContainer(cluster: Cluster, call: Call): { pod: KubeObject; container: Record<string, unknown> } {
  const pod = cluster.store.demand(pods, call.info.namespace, call.info.name);
  const containers = arrayAt(pod, 'spec.containers');
  const wanted = parameter(call, 'container');
  const container = wanted === '' ? containers[0] : containers.find(({ name }) => name === wanted);
  if (container === undefined) throw badRequest(`container ${wanted} is not valid for pod ${call.info.name}`);
  return { pod, container };
}

/** Refuses streams that need a real process in the pod. */
export function refuseStream(cluster: Cluster, call: Call): void {
  findContainer(cluster, call);
  throw new ApiError(
    501,
    'NotImplemented',
    `this is a practice cluster: nothing runs in its pods, so ${call.info.subresource} is not available. exec and logs return simulated output`,
  );
}
