import { gatewayChallenge, problemTable } from '@sallyport/contracts';
import { lineOfJson, toProblem } from '@sallyport/kit';
import { statusForProblem } from '@sallyport/kubernetes';
import { html, renderSetUp, type Html, type Pages, type ShownGateway } from '@sallyport/pages';
import { closesConnection } from '../exchange/client-connection.ts';
import type { ClusterExchange } from '../exchange/exchange.ts';
import { opensPage } from '../headers/opens-page.ts';
import { isHostOf } from '../headers/read-headers.ts';
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

/**
 * Reports whether a person opens the address of a cluster in a browser, on the host of the gateway. On any other host, a
 * page would tell which hosts are those of clusters.
 */
const isBrowser = ({ request, upgrade }: ClusterExchange, gatewayUrl: string) =>
  upgrade === undefined &&
  request.method === 'GET' &&
  request.headers.accept?.includes('text/html') === true &&
  opensPage(request) &&
  isHostOf(request.rawHeaders, gatewayUrl);

/** Renders the page for a browser at the address of a cluster. It is the same whether there is such a cluster or not. */
const renderClusterAddress = (
  gateway: ShownGateway,
): Html => html`<p>Clusters are used with <code>kubectl</code> and other programs, not with a browser. On a new machine, type this once:</p>
${renderSetUp(gateway)}
<p>Then <code>kubectl</code> works as usual. <a href="${gateway.gatewayUrl}/">Your clusters</a></p>`;

/** What the road shows to a browser. `gatewayUrl` is the origin of the gateway. */
export type ClusterPages = { pages: Pages } & ShownGateway;

/**
 * Creates the function that answers with a Kubernetes `Status`, which every client can show. A browser without a login
 * gets a page. A response that has begun is cut instead.
 */
export const createSendStatus =
  ({ pages, ...gateway }: ClusterPages) =>
  (exchange: ClusterExchange, error: unknown): void => {
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
    if (closesConnection(exchange)) response.shouldKeepAlive = false;
    if (problem.status === 401 && isBrowser(exchange, gateway.gatewayUrl)) {
      response.setHeader('audit-id', exchange.auditId);
      response.setHeader('www-authenticate', gatewayChallenge);
      response.setHeader('vary', 'Accept');
      const { text, headers } = pages.render('The address of a cluster', renderClusterAddress(gateway));
      response.writeHead(401, { ...headers, 'content-length': Buffer.byteLength(text) });
      response.end(text);
      exchange.bytesOut = Buffer.byteLength(text);
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
    response.writeHead(problem.status, lines);
    response.end(exchange.request.method === 'HEAD' ? undefined : body);
    exchange.bytesOut = body.length;
  };
