import type { KubernetesInput } from '../input/policy-input.ts';
import { goesBySelectors } from './goes-by-selectors.ts';
import { isCollection } from './is-collection.ts';
import { pinnedValue } from './pinned-value.ts';

/**
 * Returns the name of the object of a request: empty if it has none, undefined if it is a list, a watch or a
 * deletecollection without a name, which may reach any. A field selector that pins the name counts if the API server
 * certainly applies it.
 */
export function nameOf(kubernetes: KubernetesInput | null | undefined): string | undefined {
  if (kubernetes == null) return '';
  const { name } = kubernetes;
  if (!isCollection(kubernetes)) return name || '';
  // The API server takes the name of a list from its field selector; without one it came from the path.
  if (!kubernetes.fieldSelector) return name || undefined;
  return goesBySelectors(kubernetes) ? name || pinnedValue(kubernetes.fieldSelector, 'name') : undefined;
}
