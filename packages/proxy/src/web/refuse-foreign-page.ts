import { ProblemError } from '@sallyport/kit';
import { isWebWrite, type Read, type WebExchange } from '../exchange/exchange.ts';

/**
 * Reports whether a page of the application itself makes the request. A browser sends `Origin` with a WebSocket and with
 * every request that may change something. It is `null` for a form on a page without a referrer, where only
 * `Sec-Fetch-Site` tells more.
 */
function isOwnPage({ request, upstream, upgrade }: WebExchange): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === upstream.origin) return true;
  return upgrade === undefined && site === 'same-origin' && (origin === undefined || origin === 'null');
}

/**
 * Refuses what a page of another site makes a browser send with the cookie. `SameSite` does not
 * suffice, because sibling hosts are the same site, and WebSockets know no CORS.
 */
export function refuseForeignPage(exchange: Read<WebExchange>): void {
  if (exchange.asked.carrier !== 'cookie' || !isWebWrite(exchange) || isOwnPage(exchange)) return;
  throw new ProblemError(
    'forbidden',
    'A request that changes something, or opens a WebSocket, must come from a page of this application.',
  );
}
