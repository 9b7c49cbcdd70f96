import { builtInKind, isThroughNode } from '@sallyport/contracts';
import type { KubernetesInput } from '../input/policy-input.ts';
import { goesBySelectors } from './goes-by-selectors.ts';
import { isCollection } from './is-collection.ts';
import { pinnedValue } from './pinned-value.ts';

/** Unknown kinds count as namespaced. */
function isNamespaced({ namespaced, apiGroup, apiVersion, resource }: KubernetesInput): boolean {
  return namespaced ?? builtInKind(apiGroup ?? '', apiVersion || undefined, resource ?? '')?.namespaced ?? true;
}

/**
 * Returns the namespace of a request: empty if it has none, undefined if it spans namespaces and may reach any. Only
 * lists, watches and deletecollections without a namespace and requests through nodes do. A field selector that pins
 * the namespace counts if the API server certainly applies it.
 */
export function namespaceOf(kubernetes: KubernetesInput | null | undefined): string | undefined {
  if (kubernetes == null) return '';
  if (isThroughNode(kubernetes)) return undefined;
  const { namespace } = kubernetes;
  if (namespace) return namespace;
  if (!isCollection(kubernetes) || !isNamespaced(kubernetes)) return '';
  return goesBySelectors(kubernetes) ? pinnedValue(kubernetes.fieldSelector, 'namespace') : undefined;
}
