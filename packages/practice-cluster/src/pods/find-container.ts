import { badRequest } from '../http/api-error.ts';
import { parameter } from '../http/call.ts';
import type { Call, Cluster } from '../http/call.ts';
import { arrayAt } from '../objects/kube-object.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import { pods } from '../kinds/kinds.ts';

/** Returns the pod of a request and the container that it names, or the first container. */
export function findContainer(cluster: Cluster, call: Call): { pod: KubeObject; container: Record<string, unknown> } {
  const pod = cluster.store.demand(pods, call.info.namespace, call.info.name);
  const containers = arrayAt(pod, 'spec.containers');
  const wanted = parameter(call, 'container');
  const container = wanted === '' ? containers[0] : containers.find(({ name }) => name === wanted);
  if (container === undefined) throw badRequest(`container ${wanted} is not valid for pod ${call.info.name}`);
  return { pod, container };
}
