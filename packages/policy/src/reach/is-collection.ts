import type { KubernetesInput } from '../input/policy-input.ts';

/** The verbs that reach every object of a kind that a path names no object of. */
const collectionVerbs: ReadonlySet<string | undefined> = new Set(['list', 'watch', 'deletecollection']);

/**
 * True for a request that is for a collection of objects: a list, a watch, a deletecollection. What is done to the
 * objects counts, not what the request is judged as.
 */
export function isCollection({ isResourceRequest, resource, verb, requestVerb }: KubernetesInput): boolean {
  return isResourceRequest !== false && Boolean(resource) && collectionVerbs.has(requestVerb || verb);
}
