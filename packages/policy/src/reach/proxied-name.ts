import type { KubernetesInput } from '../input/policy-input.ts';

/**
 * The name of what a request is proxied to, where the path has a port or a scheme with it: `[scheme:]name[:port]` of
 * pods, services and nodes (SplitSchemeNamePort of apimachinery). Undefined for everything else: such a name is another
 * one for the same object.
 */
export function proxiedName({ apiGroup, verb, requestVerb, subresource, name }: KubernetesInput): string | undefined {
  if (!name || apiGroup || (subresource !== 'proxy' && requestVerb !== 'proxy' && verb !== 'proxy')) return undefined;
  const parts = name.split(':', 4);
  if (parts.length === 2) return parts[0] || undefined;
  return parts.length === 3 ? parts[1] || undefined : undefined;
}
