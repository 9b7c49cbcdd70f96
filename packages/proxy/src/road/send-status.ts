import { gatewayChallenge, problemTable } from '@sallyport/contracts';
import { lineOfJson, toProblem } from '@sallyport/kit';
import { statusForProblem } from '@sallyport/kubernetes';
import { closesConnection } from '../exchange/client-connection.ts';
import type { ClusterExchange } from '../exchange/exchange.ts';
import { cutResponse } from '../streams/end-response.ts';

/**
 * Reports whether the client shows plain text but not a `Status`. The first request of kubectl asks for aggregated
 * discovery (KEP-3352). If that is refused with a `Status`, client-go shows "unknown". A 401 needs no text, because the
 * client starts a login.
 */
function wantsText({ request, asked }: ClusterExchange, status: number): boolean {
  return (
    status !== 401 &&
    request.method === 'GET' &&
    asked !== undefined &&
    !asked.isResourceRequest &&
    /^\/apis?\/?$/.test(asked.path) &&
    request.headers.accept?.includes('as=APIGroupDiscoveryList') === true
  );
}

const forbidden = { code: 'forbidden', status: problemTable.forbidden.status } as const;

/** Answers with a Kubernetes `Status`, which every client can show. A response that has begun is cut instead. */
export function sendStatus(exchange: ClusterExchange, error: unknown): void {
  const { response } = exchange;
  const found = toProblem(error);
  const asText = wantsText(exchange, found.status);
  // For a 404 there, client-go has words of its own ("the server could not find the requested resource"). The cluster
  // does not exist, so nothing is allowed in it either.
  const problem = asText && found.code === 'not-found' ? { ...found, ...forbidden } : found;
  exchange.statusMessage = problem.detail;
  exchange.statusReason = problemTable[problem.code].reason;
  exchange.statusCode = problem.status;
  if (response.headersSent || response.destroyed) {
    cutResponse(exchange);
    return;
  }
  const about = exchange.asked?.isResourceRequest
    ? { apiGroup: exchange.asked.apiGroup, resource: exchange.asked.resource, name: exchange.asked.name }
    : undefined;
  // client-go repeats a 5xx with Retry-After up to ten times. In an outage the user would have to wait, and a write would
  // be repeated without being asked for.
  const retryAfterSeconds = problem.status === 429 ? 1 : undefined;
  const body = Buffer.from(
    asText
      ? problem.detail
      : lineOfJson(
          statusForProblem({
            code: problem.code,
            status: problem.status,
            reason: exchange.statusReason,
            detail: problem.detail,
            about,
            retryAfterSeconds,
          }),
        ),
  );
  const lines = [
    'content-type',
    asText ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length',
    String(body.length),
    'cache-control',
    'no-store',
    'x-content-type-options',
    'nosniff',
    'audit-id',
    exchange.auditId,
  ];
  if (problem.status === 401) lines.push('www-authenticate', gatewayChallenge);
  if (retryAfterSeconds !== undefined) lines.push('retry-after', String(retryAfterSeconds));
  if (closesConnection(exchange)) response.shouldKeepAlive = false;
  response.writeHead(problem.status, lines);
  response.end(exchange.request.method === 'HEAD' ? undefined : body);
  exchange.bytesOut = body.length;
}
