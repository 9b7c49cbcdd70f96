/** Words that take the place of a resource and name the verb (the deprecated `/api/v1/watch/…` and `/api/v1/proxy/…`). */
export const specialVerbs: ReadonlySet<string> = new Set(['proxy', 'watch']);

/** Subresources of a namespace itself. Any other word after a namespace's name is a resource in it. */
const namespaceSubresources: ReadonlySet<string> = new Set(['status', 'finalize']);

/** Reports whether `namespaces/<name>` at `index` is only the namespace of the resource that follows. */
export function startsNamespacedResource(segments: readonly string[], index: number): boolean {
  const resource = segments[index + 2];
  return segments[index] === 'namespaces' && resource !== undefined && !namespaceSubresources.has(resource);
}
