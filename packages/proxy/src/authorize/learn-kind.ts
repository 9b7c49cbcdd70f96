import type { KubernetesAttributes } from '@sallyport/contracts';
import type { ClusterKinds } from '../upstream/cluster-kinds.ts';

const spanning: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

/** True if a request is about objects of all namespaces, unless its kind has none. */
const mayConcernAll = ({ namespace, namespaced, requestVerb }: KubernetesAttributes) =>
  namespace === '' && namespaced !== false && spanning.has(requestVerb);
const pinsNamespace = ({ fieldSelector = '' }: KubernetesAttributes) => fieldSelector.includes('metadata.namespace');

/**
 * True if a group can only be that of custom resources where the API server serves it itself: those have a dot, and
 * `k8s.io` is kept for Kubernetes.
 */
const isOfCustomResources = (apiGroup: string) => apiGroup.includes('.') && !/(?:^|\.)k8s\.io$/.test(apiGroup);

/**
 * True if who serves the kind decides: an aggregated API may ignore a selector that pins the namespace, and create by a
 * PUT or through a subresource.
 */
function dependsOnServer(asked: KubernetesAttributes): boolean {
  if (asked.aggregated !== undefined) return false;
  const created =
    asked.upsert === true &&
    isOfCustomResources(asked.apiGroup) &&
    (asked.requestVerb === 'update' || asked.subresource !== '');
  return created || (mayConcernAll(asked) && pinsNamespace(asked));
}

/** True if something of the request depends on what only its cluster knows of the kind. */
export function dependsOnKind(asked: KubernetesAttributes): boolean {
  return asked.isResourceRequest && asked.aggregated === undefined && (mayConcernAll(asked) || dependsOnServer(asked));
}

/**
 * What is asked, with what its cluster says of the kind: whether it is namespaced, and whether the API server serves it
 * itself, where that decides something.
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
  // A custom resource is created by POST and by apply, and never through a subresource.
  if (!aggregated && (learned.requestVerb === 'update' || learned.subresource !== '')) delete learned.upsert;
  return learned;
}
