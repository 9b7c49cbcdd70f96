import { randomBytes } from 'node:crypto';
import { gatewayChallenge, problemTable } from '@sallyport/contracts';
import { sendProblem, toProblem, type Problem, hashToken } from '@sallyport/kit';
import { html, problemWords } from '@sallyport/pages';
import { closesConnection } from '../exchange/client-connection.ts';
import type { WebExchange } from '../exchange/exchange.ts';
import { cutResponse } from '../streams/end-response.ts';
import { countCookies, onlyCookie, webCookiesOf } from './web-cookies.ts';

/** How long a browser may take to log in, in seconds. */
const beginSeconds = 900;
/** A longer target is not kept. The browser then returns to the start page of the application. */
const maxTarget = 2048;
/** How many tabs of a browser may log in at the same time and return to where they were. */
const maxReturns = 8;

const nonceForm = /^[A-Za-z0-9_-]{43}$/;

/**
 * Creates the function that sends a browser to the login. A secret and the target stay behind in cookies of this host.
 * The login knows only the hash of the secret, so that the code at the end of it is worth nothing in any other browser.
 */
function createBeginLogin(loginOrigin: string): (exchange: WebExchange) => void {
  return ({ request, response, upstream, rawTarget }) => {
    const raw = request.rawHeaders;
    const { begin, returnPrefix, set } = webCookiesOf(upstream);
    const held = onlyCookie(raw, begin);
    const nonce = held !== undefined && nonceForm.test(held) ? held : randomBytes(32).toString('base64url');
    const tab = randomBytes(9).toString('base64url');
    const cookies = [set(begin, nonce, beginSeconds)];
    if (rawTarget.length <= maxTarget && countCookies(raw, returnPrefix) < maxReturns) {
      const target = Buffer.from(rawTarget, 'latin1').toString('base64url');
      cookies.push(set(`${returnPrefix}${tab}`, target, beginSeconds));
    }
    const host = Buffer.from(upstream.host).toString('base64url');
    response.writeHead(302, {
      location: `${loginOrigin}/.sallyport/route/${host}/${hashToken(nonce)}/${tab}`,
      'set-cookie': cookies,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-length': '0',
    });
    response.end();
  };
}

const ofApplications: Record<string, { title: string; text: string }> = {
  'upstream-unreachable': {
    title: 'The application does not respond',
    text: 'The gateway works, but the application behind it does not respond. Try again in a minute.',
  },
  'upstream-timeout': {
    title: 'The application does not respond',
    text: 'The gateway works, but the application behind it takes too long. Try again in a minute.',
  },
};

/** What a page of a web application's host says about a problem. */
export function wordsForProblem(code: string): ReturnType<typeof problemWords> {
  return ofApplications[code] ?? problemWords(code);
}

/** Sends a page. What the rule that refused says to the person is shown in place of the criteria of the policy. */
function sendPage(exchange: WebExchange, { code, status, detail, ruleMessage }: Problem): void {
  const { response, upstream, answer } = exchange;
  const { title, text } = wordsForProblem(code);
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
  const { pages } = upstream;
  pages.send(
    response,
    status,
    title,
    html`<p>${ruleMessage ?? text ?? detail}</p>
${who}${again}
<p class="quiet">Error code: ${code}. Request: ${exchange.auditId}</p>`,
  );
}

/**
 * Creates the function that answers a request that goes no further. Where a browser opens a page and nobody is logged
 * in, the login begins. Any other browser page gets a page, and everything else problem+json. A response that has begun
 * is cut.
 */
export function createSendWebProblem({
  loginOrigin,
}: {
  loginOrigin: string;
}): (exchange: WebExchange, error: unknown) => void {
  const beginLogin = createBeginLogin(loginOrigin);
  return (exchange, error) => {
    const { response, asked } = exchange;
    const problem = toProblem(error);
    exchange.statusMessage = problem.detail;
    exchange.statusReason = problemTable[problem.code].reason;
    exchange.statusCode = problem.status;
    if (response.headersSent || response.destroyed) return cutResponse(exchange);
    if (closesConnection(exchange)) response.shouldKeepAlive = false;
    response.setHeader('audit-id', exchange.auditId);
    if (problem.code === 'unauthenticated') {
      if (asked?.isNavigation) {
        exchange.statusCode = 302;
        return beginLogin(exchange);
      }
      response.setHeader('www-authenticate', gatewayChallenge);
    }
    if (problem.status === 429) response.setHeader('retry-after', '1');
    if (asked?.acceptsPage) sendPage(exchange, problem);
    else sendProblem(response, error);
  };
}
