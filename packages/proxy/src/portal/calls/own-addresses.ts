import type { IncomingMessage } from 'node:http';
import { carrierPath } from '@sallyport/carrier';
import { carriesPomerium } from '../../credential/read-carriers.ts';
import { identityKeysPath } from '../../web-identity/identity-key-ring.ts';
import { isHostOf, readHost } from '../../headers/read-headers.ts';

const pathOf = (url: string) => url.split('?', 1)[0]!;
const isHealth = (path: string) => path === '/healthz' || path === '/livez';
const isPomerium = (path: string) =>
  path === '/.pomerium' ||
  path.startsWith('/.pomerium/') ||
  path === '/.well-known/pomerium' ||
  path.startsWith('/.well-known/pomerium/');
const isGateway = (path: string) => path.startsWith('/.sallyport/') || path === identityKeysPath;

/**
 * Reports whether a request is for the gateway itself, on any host but that of a web application. Every other request
 * there takes the road to a cluster. On the host of a cluster only the addresses of Pomerium's clients are the gateway's
 * own, and the health check only for those clients: any other client means the health of the API server. Where the host
 * is unclear (`onClusterHost` undefined) nothing is the gateway's own. The road refuses such a request and records it.
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

/** Reports whether a request is at the address that connectors dial, which the host of a cluster does not have. */
export function isConnector({ url = '' }: Pick<IncomingMessage, 'url'>, onClusterHost: boolean | undefined): boolean {
  return onClusterHost === false && pathOf(url) === carrierPath;
}

const isConsole = (path: string) => path === '/console' || path.startsWith('/console/');

/**
 * Reports whether a browser asks for the page at `/` of an origin of the gateway, or for its console. The host must be
 * that of the origin. Every request with a token of its own, and everything that does not ask for a page, is a client of
 * a cluster.
 */
export function isLanding(
  { method, url = '', headers, rawHeaders }: Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders'>,
  origin: string,
): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (pathOf(url) !== '/' && !isConsole(pathOf(url))) return false;
  if (headers.authorization !== undefined || headers['x-pomerium-authorization'] !== undefined) return false;
  if (headers.upgrade !== undefined || headers.accept?.includes('text/html') !== true) return false;
  return isHostOf(rawHeaders, origin);
}

/**
 * Reports whether a request on the host of a web application is for the gateway itself: for `/.sallyport/`, or for the keys
 * that sign identities, where there are any. Everything else is the application's.
 */
export function isRouteOwn({ url = '' }: Pick<IncomingMessage, 'url'>, hasKeys: boolean): boolean {
  return url.startsWith('/.sallyport/') || (hasKeys && url.split('?', 1)[0] === identityKeysPath);
}

/** Reports whether a request is addressed to the host of a cluster. Undefined if its host could be read in two ways. */
export function onClusterHost(
  request: Pick<IncomingMessage, 'rawHeaders'>,
  clusters: { byHost(host: string): object | undefined },
): boolean | undefined {
  const host = readHost(request.rawHeaders);
  return host === undefined ? undefined : clusters.byHost(host) !== undefined;
}
