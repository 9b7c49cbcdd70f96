import { randomBytes } from 'node:crypto';
import { routeOpeningSchema } from '@sallyport/contracts';
import { problemHandler, ProblemError, readProblem, spanOf, toProblem } from '@sallyport/kit';
import { html } from '@sallyport/pages';
import type { Express, Request, Response } from 'express';
import { opensPageOfApplication, requirePage } from '../headers/opens-page.ts';
import { wordsForProblem } from '../web/send-web-problem.ts';
import { onlyCookie, webCookiesOf } from '../web/web-cookies.ts';
import { identityKeysPath } from '../web-identity/identity-key-ring.ts';
import type { WebRoute, WebRoutes } from '../exchange/web-route.ts';
import { createBase, finish } from './calls/api-base.ts';
import type { PortalDeps } from './calls/portal-deps.ts';
import { createRecordRefusal } from './calls/api-events.ts';

const form = /^[A-Za-z0-9_-]{1,128}$/;
const expired = () =>
  new ProblemError('login-expired', 'This login took too long, was already used, or started in another browser.');

function routeOf(routes: Pick<WebRoutes, 'of'>, request: Request): WebRoute {
  const route = routes.of(request);
  if (!route) throw new ProblemError('not-found', 'There is no such application here.');
  return route;
}

/** Returns where a browser was when its login began. Only a path of this host can be in the cookie. */
function returnTarget(request: Request, route: WebRoute, tab: string): string {
  const kept = onlyCookie(request.rawHeaders, `${webCookiesOf(route).returnPrefix}${tab}`) ?? '';
  const target = Buffer.from(kept, 'base64url').toString('latin1');
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(target) ? target : '/';
}

/**
 * Redeems the code of a browser. Without the secret of the browser the code is used up all the same: it is in the address
 * of a page that a script of the application may read.
 */
async function redeem(deps: PortalDeps, route: WebRoute, request: Request) {
  const code = new URL(request.originalUrl, 'http://x').searchParams.getAll('code');
  if (code.length !== 1 || !form.test(code[0]!)) throw expired();
  const held = onlyCookie(request.rawHeaders, webCookiesOf(route).begin) ?? '';
  const began = form.test(held);
  const unknown = randomBytes(32).toString('base64url');
  const { 'user-agent': userAgent } = request.headers;
  const { status, body } = await deps.authenticate.request({
    method: 'POST',
    path: '/v1/route-sessions',
    body: {
      host: route.host,
      code: code[0],
      verifier: began ? held : unknown,
      clientAddress: deps.clientAddress(request),
      ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, 256) }),
    },
    timeoutMs: 10_000,
    span: spanOf(request),
  });
  if (!began) throw expired();
  const opened = routeOpeningSchema.safeParse(body);
  if (status !== 200 || !opened.success)
    throw readProblem(body) ?? new ProblemError('service-unavailable', 'The login service gave no readable answer.');
  return opened.data;
}

/** Records that a code was issued to a browser that shows something else than the one that redeems it. */
function recordQuestion({ auditCall, clientAddress }: PortalDeps, request: Request): void {
  auditCall.complete({
    request,
    path: '/.sallyport/callback',
    clientAddress: clientAddress(request),
    answer: undefined,
    status: 302,
    detail: 'The browser shows another address or program than at the login. The user is asked.',
  });
}

function mountCallback(app: Express, deps: PortalDeps, routes: Pick<WebRoutes, 'of'>): void {
  app.get('/.sallyport/callback', async (request, response) => {
    const route = routeOf(routes, request);
    requirePage(opensPageOfApplication(request));
    const { session, returnPrefix, set } = webCookiesOf(route);
    const opened = await redeem(deps, route, request);
    if ('confirmAt' in opened) {
      recordQuestion(deps, request);
      return void response.writeHead(302, { location: opened.confirmAt, 'content-length': '0' }).end();
    }
    const { token, tab, expiresAt } = opened;
    response.append('set-cookie', [
      set(session, token, Math.max(0, Math.floor((expiresAt - Date.now()) / 1000))),
      set(`${returnPrefix}${tab}`, '', 0),
    ]);
    response.writeHead(302, { location: returnTarget(request, route, tab), 'content-length': '0' }).end();
  });
}

/**
 * Mounts the logout. It ends the whole login, so that a page of the login's own origin asks for it: any script of the
 * application can send what is sent to this host. What the application keeps in the browser is cleared, if one of its
 * pages leads here. Its cookies stay, because those of the whole site would go with them.
 */
function mountLogout(app: Express, { loginOrigin }: { loginOrigin: string }, routes: Pick<WebRoutes, 'of'>): void {
  app.all('/.sallyport/logout', (request, response) => {
    routeOf(routes, request);
    if (opensPageOfApplication(request) && request.headers['sec-fetch-site'] === 'same-origin')
      response.set('clear-site-data', '"cache", "storage"');
    const location = `${loginOrigin}/.sallyport/logout`;
    response.writeHead(303, { location, 'content-length': '0' }).end();
  });
}

/** Pages have their own headers, which replace those of the API. */
function sendPage(
  pages: WebRoute['pages'],
  response: Response,
  ...rest: Parameters<WebRoute['pages']['send']> extends [unknown, ...infer More] ? More : never
): void {
  for (const name of Object.keys(pages.headers)) response.removeHeader(name);
  pages.send(response, ...rest);
}

/**
 * Creates the application for what the gateway itself serves on the hosts of web applications: the end of a login, and
 * the way to the logout. The cookies of the gateway do not count there, and those of a route nowhere else.
 */
export function createRouteHostApi(deps: PortalDeps, routes: Pick<WebRoutes, 'of'>): Express {
  const app = createBase(deps);
  const recordRefusal = createRecordRefusal(deps);
  if (deps.identityKeys) app.get(identityKeysPath, deps.identityKeys.answerKeys);
  mountCallback(app, deps, routes);
  mountLogout(app, deps.landing, routes);
  const asProgram = problemHandler(deps);
  return finish(app, deps, (error, request: Request, response: Response, next) => {
    const route = routes.of(request);
    const { code, status, detail } = toProblem(error);
    recordRefusal(request, error);
    if (!route || response.headersSent || request.headers.accept?.includes('text/html') !== true)
      return asProgram(error, request, response, next);
    const { title, text } = wordsForProblem(code);
    sendPage(
      route.pages,
      response,
      status,
      title,
      html`<p>${text ?? detail}</p>
<p><a class="act" href="/">Go to the application</a></p>
<p class="quiet">Error code: ${code}</p>`,
    );
  });
}
