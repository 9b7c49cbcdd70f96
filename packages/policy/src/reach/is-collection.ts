import type { KubernetesInput } from '../input/policy-input.ts';

/** The verbs that reach every object of a kind if the path does not name one. */
const collectionVerbs: ReadonlySet<string | undefined> = new Set(['list', 'watch', 'deletecollection']);

/**
 * Reports whether a request is for a collection of objects: a list, a watch or a deletecollection. The verb of the API
 * server counts, not the one under which the request is evaluated.
 */
export function isCollection({ isResourceRequest, resource, verb, requestVerb }: KubernetesInput): boolean {
  return isResourceRequest !== false && Boolean(resource) && collectionVerbs.has(requestVerb || verb);
}
