import { builtInKind } from '@sallyport/contracts';
import type { KubernetesInput } from '../input/policy-input.ts';

/**
 * True if the API server surely goes by a field selector on this kind: it serves the kind itself. An aggregated API may
 * ignore one.
 */
export function goesBySelectors({ aggregated, apiGroup, apiVersion, resource }: KubernetesInput): boolean {
  return (aggregated ?? builtInKind(apiGroup ?? '', apiVersion || undefined, resource ?? '') === undefined) === false;
}
