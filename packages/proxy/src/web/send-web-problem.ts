import { problemTable } from '@sallyport/contracts';
import { sendProblem, toProblem, type Problem } from '@sallyport/kit';
import { html } from '@sallyport/pages';
import { closesConnection } from '../exchange/closes-connection.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { cutResponse } from '../streams/cut-response.ts';
import { words } from './problem-words.ts';

/** Redirects a browser to the login. */
export type BeginWebLogin = (exchange: Exchange) => void;

function sendPage(exchange: Exchange, { code, status, detail }: Problem): void {
  const { response, route, answer } = exchange;
  const { title, text } = words(code);
  const user = answer?.identity?.user;
  const toDo =
    code === 'forbidden' ? ' to log in as someone else, or ask the operator of this application for access.' : '';
  const who =
    user === undefined
      ? { markup: '' }
      : html`<p>You are logged in as ${user}. <a href="/.sallyport/logout">Log out</a>${toDo}</p>`;
  const again =
    code === 'unauthenticated' || status >= 500
      ? html`<p><a class="act" href="/" target="_top">${status >= 500 ? 'Go to the start page' : 'Log in'}</a></p>`
      : { markup: '' };
  const { pages } = route!;
  pages.send(
    response,
    status,
    title,
    html`<p>${text ?? detail}</p>
${who}${again}
<p class="quiet">Error code: ${code}. Request: ${exchange.auditId}</p>`,
  );
}

/**
 * Creates what answers a request that goes no further. Where a browser opens a page and nobody is logged in, the login
 * begins. Any other browser page gets a page, and everything else problem+json. A response that has begun is cut.
 */
export function createSendWebProblem(deps: {
  beginLogin: BeginWebLogin;
}): (exchange: Exchange, error: unknown) => void {
  return (exchange, error) => {
    const { response, web } = exchange;
    const problem = toProblem(error);
    exchange.statusMessage = problem.detail;
    exchange.statusReason = problemTable[problem.code].reason;
    exchange.statusCode = problem.status;
    if (response.headersSent || response.destroyed) return cutResponse(exchange);
    if (closesConnection(exchange)) response.shouldKeepAlive = false;
    response.setHeader('audit-id', exchange.auditId);
    if (problem.code === 'unauthenticated') {
      if (web?.isNavigation) {
        exchange.statusCode = 302;
        return deps.beginLogin(exchange);
      }
      response.setHeader('www-authenticate', 'Bearer realm="sallyport"');
    }
    if (problem.status === 429) response.setHeader('retry-after', '1');
    if (web?.acceptsPage) sendPage(exchange, problem);
    else sendProblem(response, error);
  };
}
