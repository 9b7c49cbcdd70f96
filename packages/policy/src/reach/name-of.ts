import { parseFieldTerm, splitFieldSelector, builtInKind, isThroughNode } from '@sallyport/contracts';
import type { KubernetesInput } from '../input/policy-input.ts';

/**
 * Returns the one value that every object must have in this field. Undefined if the selector does not require one: it
 * is empty, malformed, or requires two.
 */
function findPin(selector: string, field: string): string | undefined {
  let found: string | undefined;
  for (const term of splitFieldSelector(selector)) {
    if (term === '') continue;
    const requirement = parseFieldTerm(term);
    if (requirement === undefined) return undefined;
    if (!requirement.equal || requirement.field !== field) continue;
    if (found !== undefined && found !== requirement.value) return undefined;
    found = requirement.value;
  }
  return found === '' ? undefined : found;
}

// The selector that was read last, so that the many rules that evaluate one request do not each parse it again.
const last = { selector: '', namespace: undefined as string | undefined, name: undefined as string | undefined };

/**
 * Returns the namespace or name that a field selector pins (`metadata.namespace=dev`), read as apimachinery reads it.
 */
function pinnedValue(selector: unknown, field: 'namespace' | 'name'): string | undefined {
  if (typeof selector !== 'string' || selector === '') return undefined;
  if (selector !== last.selector) {
    Object.assign(last, {
      selector,
      namespace: findPin(selector, 'metadata.namespace'),
      name: findPin(selector, 'metadata.name'),
    });
  }
  return last[field];
}

/**
 * Reports whether the API server certainly applies a field selector to this kind, because it serves the kind itself. An
 * aggregated API may ignore one.
 */
function goesBySelectors({ aggregated, apiGroup, apiVersion, resource }: KubernetesInput): boolean {
  return (aggregated ?? builtInKind(apiGroup ?? '', apiVersion || undefined, resource ?? '') === undefined) === false;
}

/** The verbs that reach every object of a kind if the path does not name one. */
const collectionVerbs: ReadonlySet<string | undefined> = new Set(['list', 'watch', 'deletecollection']);

/**
 * Reports whether a request is for a collection of objects: a list, a watch or a deletecollection. The verb of the API
 * server counts, not the one under which the request is evaluated.
 */
function isCollection({ isResourceRequest, resource, verb, requestVerb }: KubernetesInput): boolean {
  return isResourceRequest !== false && Boolean(resource) && collectionVerbs.has(requestVerb || verb);
}

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
