import type { IncomingMessage } from 'node:http';
import { readHost } from '../headers/read-host.ts';

const pathOf = (url: string) => url.split('?', 1)[0];

/**
 * Reports whether a browser asks for the page at `/` of an origin of the gateway. The host must be that of the origin.
 * Every request with a token of its own, and everything that does not ask for a page, is a client of a cluster.
 */
export function isLanding(
  { method, url = '', headers, rawHeaders }: Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders'>,
  origin: string,
): boolean {
  if ((method !== 'GET' && method !== 'HEAD') || pathOf(url) !== '/') return false;
  if (headers.authorization !== undefined || headers['x-pomerium-authorization'] !== undefined) return false;
  if (headers.upgrade !== undefined || headers.accept?.includes('text/html') !== true) return false;
  return readHost(rawHeaders)?.toLowerCase().replace(/:\d+$/, '') === new URL(origin).hostname;
}
