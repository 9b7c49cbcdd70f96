import type { IncomingMessage } from 'node:http';
import { carriesPomerium } from '../credential/carries-pomerium.ts';

const pathOf = (url: string) => url.split('?', 1)[0]!;
const isHealth = (path: string) => path === '/healthz' || path === '/livez';
const isPomerium = (path: string) =>
  path === '/.pomerium' ||
  path.startsWith('/.pomerium/') ||
  path === '/.well-known/pomerium' ||
  path.startsWith('/.well-known/pomerium/');

/**
 * True for what is the gateway's own; everything else walks the road of a cluster. On the host of a cluster only what
 * Pomerium's clients ask for is, and its health only for them: everybody else means the API server's. Where the host is
 * unclear (`onClusterHost` undefined) nothing is: the road refuses such a request, and records it.
 */
export function isOwn(
  request: Pick<IncomingMessage, 'url' | 'rawHeaders'>,
  onClusterHost: boolean | undefined,
): boolean {
  if (onClusterHost === undefined) return false;
  const path = pathOf(request.url ?? '');
  if (isPomerium(path)) return true;
  if (isHealth(path)) return !onClusterHost || carriesPomerium(request.rawHeaders);
  return !onClusterHost && path.startsWith('/.sallyport/');
}
