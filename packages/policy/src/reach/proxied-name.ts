import type { KubernetesInput } from '../input/policy-input.ts';

/**
 * Returns the bare name of the pod, service or node of a proxy request whose path names it with a scheme or a port:
 * `[scheme:]name[:port]` (SplitSchemeNamePort of apimachinery). That is another name of the same object. Undefined for
 * every other request.
 */
export function proxiedName({ apiGroup, verb, requestVerb, subresource, name }: KubernetesInput): string | undefined {
  if (!name || apiGroup || (subresource !== 'proxy' && requestVerb !== 'proxy' && verb !== 'proxy')) return undefined;
  const parts = name.split(':', 4);
  if (parts.length === 2) return parts[0] || undefined;
  return parts.length === 3 ? parts[1] || undefined : undefined;
}
