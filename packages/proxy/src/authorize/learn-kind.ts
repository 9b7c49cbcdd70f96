import type { KubernetesAttributes } from '@sallyport/contracts';
import type { ClusterKinds } from '../upstream/cluster-kinds.ts';

const spanning: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

/** Reports whether a request is about objects of all namespaces, unless its kind has none. */
const mayConcernAll = ({ namespace, namespaced, requestVerb }: KubernetesAttributes) =>
  namespace === '' && namespaced !== false && spanning.has(requestVerb);
const pinsNamespace = ({ fieldSelector = '' }: KubernetesAttributes) => fieldSelector.includes('metadata.namespace');

/**
 * Reports whether a group that the API server serves itself can only be one of custom resources: those have a dot, and
 * `k8s.io` is reserved for Kubernetes.
 */
const isOfCustomResources = (apiGroup: string) => apiGroup.includes('.') && !/(?:^|\.)k8s\.io$/.test(apiGroup);

/**
 * Reports whether the decision depends on who serves the kind. An aggregated API may ignore a selector that pins the
 * namespace, and may create objects by PUT or through a subresource.
 */
function dependsOnServer(asked: KubernetesAttributes): boolean {
  if (asked.aggregated !== undefined) return false;
  const created =
    asked.upsert === true &&
    isOfCustomResources(asked.apiGroup) &&
    (asked.requestVerb === 'update' || asked.subresource !== '');
  return created || (mayConcernAll(asked) && pinsNamespace(asked));
}

/** Reports whether a decision about the request depends on what only its cluster knows about the kind. */
export function dependsOnKind(asked: KubernetesAttributes): boolean {
  return asked.isResourceRequest && asked.aggregated === undefined && (mayConcernAll(asked) || dependsOnServer(asked));
}

/**
 * Adds what the cluster reports about the kind, where the decision depends on it: whether the kind is namespaced, and
 * whether an aggregated API serves it.
 */
export async function learnKind(
  asked: KubernetesAttributes,
  kinds: ClusterKinds | undefined,
): Promise<KubernetesAttributes> {
  if (kinds === undefined || !dependsOnKind(asked)) return asked;
  const learned = { ...asked };
  if (mayConcernAll(learned) && learned.namespaced === undefined) {
    const namespaced = await kinds.namespaced(asked.apiGroup, asked.apiVersion, asked.resource);
    if (namespaced !== undefined) learned.namespaced = namespaced;
  }
  if (!dependsOnServer(learned)) return learned;
  const aggregated = await kinds.aggregated(asked.apiGroup, asked.apiVersion);
  if (aggregated === undefined) return learned;
  learned.aggregated = aggregated;
  // A custom resource is created by POST or apply, and never through a subresource.
  if (!aggregated && (learned.requestVerb === 'update' || learned.subresource !== '')) delete learned.upsert;
  return learned;
}
