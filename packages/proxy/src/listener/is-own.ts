import type { IncomingMessage } from 'node:http';
import { carriesPomerium } from '../credential/carries-pomerium.ts';
import { identityKeysPath } from '../web-identity/answer-identity-keys.ts';

const pathOf = (url: string) => url.split('?', 1)[0]!;
const isHealth = (path: string) => path === '/healthz' || path === '/livez';
const isPomerium = (path: string) =>
  path === '/.pomerium' ||
  path.startsWith('/.pomerium/') ||
  path === '/.well-known/pomerium' ||
  path.startsWith('/.well-known/pomerium/');
const isGateway = (path: string) => path.startsWith('/.sallyport/') || path === identityKeysPath;

/**
 * Reports whether a request is for the gateway itself. Every other request takes the road to a cluster. On the host of a
 * cluster only the addresses of Pomerium's clients are the gateway's own, and the health check only for those clients:
 * any other client means the health of the API server. Where the host is unclear (`onClusterHost` undefined) nothing is
 * the gateway's own. The road refuses such a request and records it.
 */
export function isOwn(
  request: Pick<IncomingMessage, 'url' | 'rawHeaders'>,
  onClusterHost: boolean | undefined,
): boolean {
  if (onClusterHost === undefined) return false;
  const path = pathOf(request.url ?? '');
  if (isPomerium(path)) return true;
  if (isHealth(path)) return !onClusterHost || carriesPomerium(request.rawHeaders);
  return !onClusterHost && isGateway(path);
}
