import type { KubernetesAttributes } from '@sallyport/contracts';
import type { ClusterKinds } from './upstream/cluster-kinds.ts';

const spanning: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

/** True if a request is about objects of all namespaces, unless its kind has none, which is not known. */
export function hasUnknownScope({ isResourceRequest, namespace, namespaced, requestVerb }: KubernetesAttributes): boolean {
  return isResourceRequest && namespace === '' && namespaced === undefined && spanning.has(requestVerb);
}

/** What is asked, with whether its kind is namespaced where only the cluster knows and says. */
export async function learnScope(asked: KubernetesAttributes, kinds: ClusterKinds | undefined): Promise<KubernetesAttributes> {
  if (kinds === undefined || !hasUnknownScope(asked)) return asked;
  const namespaced = await kinds.namespaced(asked.apiGroup, asked.apiVersion, asked.resource);
  return namespaced === undefined ? asked : { ...asked, namespaced };
}
