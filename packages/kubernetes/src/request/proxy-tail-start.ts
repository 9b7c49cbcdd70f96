import { specialVerbs, startsNamespacedResource } from './path-words.ts';

/** Returns the index of the first segment after a `proxy` subresource (`/api/v1/nodes/n/proxy/…`), or -1 if the path has none. */
export function proxyTailStart(segments: readonly string[]): number {
  const version = segments[0] === 'api' ? 1 : segments[0] === 'apis' ? 2 : -1;
  if (version === -1) return -1;
  let resource = version + 1;
  if (specialVerbs.has(segments[resource] ?? '')) return -1;
  if (startsNamespacedResource(segments, resource)) resource += 2;
  return segments[resource + 2] === 'proxy' ? resource + 3 : -1;
}
