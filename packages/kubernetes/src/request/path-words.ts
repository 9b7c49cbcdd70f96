/** Words that take the place of a resource and name the verb (the deprecated `/api/v1/watch/…` and `/api/v1/proxy/…`). */
export const specialVerbs: ReadonlySet<string> = new Set(['proxy', 'watch']);

/** Subresources of a namespace itself. Any other word after a namespace's name is a resource in it. */
const namespaceSubresources: ReadonlySet<string> = new Set(['status', 'finalize']);

/** Reports whether `namespaces/<name>` at `index` is only the namespace of the resource that follows. */
export function startsNamespacedResource(segments: readonly string[], index: number): boolean {
  const resource = segments[index + 2];
  return segments[index] === 'namespaces' && resource !== undefined && !namespaceSubresources.has(resource);
}

/**
 * Returns the index of the first segment after a `proxy` subresource (`/api/v1/nodes/n/proxy/…`), or -1 if the path has
 * none.
 */
export function proxyTailStart(segments: readonly string[]): number {
  const version = segments[0] === 'api' ? 1 : segments[0] === 'apis' ? 2 : -1;
  if (version === -1) return -1;
  let resource = version + 1;
  if (specialVerbs.has(segments[resource] ?? '')) return -1;
  if (startsNamespacedResource(segments, resource)) resource += 2;
  return segments[resource + 2] === 'proxy' ? resource + 3 : -1;
}
