import { connectionNames, privateCaching } from '../headers/clean-response-headers.ts';
import { passedChallenges } from './connection-authentication.ts';
import { setsOwnCookie } from './web-cookies.ts';

/**
 * About one connection, about another port or protocol, or orders to a proxy or cache in front of the gateway. With `nel`,
 * the browser would report the gateway's own addresses on this host to the application, codes of logins included.
 */
const dropped = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'proxy-connection',
  'persistent-auth',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'alt-svc',
  'alternate-protocol',
  'nel',
  'audit-id',
  'x-sendfile',
  'x-lighttpd-send-file',
  'edge-control',
  'cache-tag',
]);
const droppedKinds = /^(?:x-accel|x-reproxy|x-litespeed|surrogate|netlify)-|.-cache-control$/;

/**
 * What remains of Clear-Site-Data. Cookies are those of the whole site, so that an application would log its user
 * out of the gateway and of all others.
 */
function clearedData(value: string): string | undefined {
  const types = value.split(',').map((one) => one.trim());
  const kept = types.includes('"*"') ? ['"cache"', '"storage"'] : types.filter((one) => one !== '"cookies"');
  return kept.length === 0 ? undefined : kept.join(', ');
}

/**
 * Returns the header lines of an application's response that go to the browser, flat. The application decides about its
 * own origin, so that its policies and its cookies pass. It does not decide that a Service Worker controls the whole host.
 */
export function cleanWebResponse(raw: readonly string[], status: number, allowServiceWorkers = false): string[] {
  const lengthless = status < 200 || status === 204; // RFC 9110, 8.6
  const listed = connectionNames(raw);
  const kept: string[] = [];
  let caching: string | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const lower = raw[index]!.toLowerCase();
    let value: string | undefined = raw[index + 1]!;
    if (lower === 'cache-control') {
      caching = caching === undefined ? value : `${caching}, ${value}`;
      continue;
    }
    if (dropped.has(lower) || droppedKinds.test(lower) || listed?.has(lower)) continue;
    if (lengthless && lower === 'content-length') continue;
    if (lower === 'set-cookie' && setsOwnCookie(value)) continue;
    if (lower === 'service-worker-allowed' && !allowServiceWorkers) continue;
    if (lower === 'clear-site-data') value = clearedData(value);
    else if (lower === 'www-authenticate') value = passedChallenges(value);
    if (value !== undefined) kept.push(raw[index]!, value);
  }
  if (status >= 200) kept.push('cache-control', privateCaching(caching));
  return kept;
}
