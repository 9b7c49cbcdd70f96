import { ProblemError } from '@sallyport/kit';
import { refuseOwnToken } from '../credential/own-token.ts';
import type { WebExchange } from '../exchange/exchange.ts';
import { opensPageOfApplication } from '../headers/opens-page.ts';
import { readHeaders } from '../headers/read-headers.ts';
import { refuseBadUpgrade } from '../passage/refuse-bad-upgrade.ts';
import { readWebPath } from './read-web-path.ts';
import { refuseRootWorker } from './refuse-root-worker.ts';

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Reports whether a browser opens a page. Anything else would follow a redirect to the login without showing it. */
function isNavigation({ request, upgrade }: WebExchange): boolean {
  return (
    upgrade === undefined && (request.method === 'GET' || request.method === 'HEAD') && opensPageOfApplication(request)
  );
}

/**
 * Reads a request to a web application, once. The headers are read as those of a request to a
 * cluster are: 403 for identity headers, 400 for what two readers could understand differently.
 */
export function readWebRequest(exchange: WebExchange): void {
  const { request } = exchange;
  if (request.httpVersion !== '1.1')
    throw new ProblemError('bad-request', 'The gateway supports HTTP/1.1 and HTTP/2 only.');
  const headers = readHeaders(request.rawHeaders);
  exchange.headers = headers;
  const { method = '', url = '' } = request;
  const acceptsPage = request.headers.accept?.includes('text/html') === true;
  const isUpgrade = exchange.upgrade !== undefined;
  exchange.asked = {
    verb: method,
    path: '',
    stream: isUpgrade ? 'websocket' : undefined,
    longRunning: isUpgrade,
    isNavigation: acceptsPage && isNavigation(exchange),
    acceptsPage: acceptsPage && !isUpgrade,
    carrier: undefined,
  };
  if (!methods.has(method)) throw new ProblemError('method-not-allowed', 'The gateway does not support this method.');
  refuseBadUpgrade(exchange, headers, ['websocket']);
  refuseOwnToken(url);
  exchange.asked.path = readWebPath(url, exchange.upstream);
  refuseRootWorker(exchange);
  if (headers.contentLength !== undefined) exchange.bytesIn = headers.contentLength;
}
