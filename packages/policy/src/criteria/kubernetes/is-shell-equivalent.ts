import type { KubernetesInput } from '../../policy-input.ts';

/** `resource/subresource` of the core group through which a caller acts as somebody else: a pod, a node, a ServiceAccount. */
const equivalents: Readonly<Record<string, ReadonlySet<string>>> = {
  pods: new Set(['exec', 'attach', 'ephemeralcontainers', 'portforward', 'proxy']),
  services: new Set(['proxy']),
  nodes: new Set(['proxy']),
  serviceaccounts: new Set(['token']),
};

/** True if the request opens, or is as good as, a shell: it acts inside a pod or on a node, or takes a ServiceAccount's token. */
export function isShellEquivalent({ verb, requestVerb, apiGroup, resource, subresource }: KubernetesInput): boolean {
  // The API server's old way of proxying has it in the verb, and no subresource.
  if (verb === 'proxy' || requestVerb === 'proxy') return true;
  if (apiGroup || !resource || !subresource) return false;
  return Object.hasOwn(equivalents, resource) && equivalents[resource]!.has(subresource);
}
