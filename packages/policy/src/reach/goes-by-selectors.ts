import { builtInKind } from '@sallyport/contracts';
import type { KubernetesInput } from '../input/policy-input.ts';

/**
 * Reports whether the API server certainly applies a field selector to this kind, because it serves the kind itself. An
 * aggregated API may ignore one.
 */
export function goesBySelectors({ aggregated, apiGroup, apiVersion, resource }: KubernetesInput): boolean {
  return (aggregated ?? builtInKind(apiGroup ?? '', apiVersion || undefined, resource ?? '') === undefined) === false;
}
