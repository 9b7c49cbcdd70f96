/**
 * Words that stand where a resource would and name the verb instead (the deprecated `/api/v1/watch/…` and
 * `/api/v1/proxy/…`).
 */
export const specialVerbs: ReadonlySet<string> = new Set(['proxy', 'watch']);

/** Subresources of a namespace itself; any other word after a namespace's name is a resource in it. */
const namespaceSubresources: ReadonlySet<string> = new Set(['status', 'finalize']);

/** True if `namespaces/<name>` at `index` only says where the resource that follows it lives. */
export function startsNamespacedResource(segments: readonly string[], index: number): boolean {
  const resource = segments[index + 2];
  return segments[index] === 'namespaces' && resource !== undefined && !namespaceSubresources.has(resource);
}
