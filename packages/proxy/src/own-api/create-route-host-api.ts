import { routeSessionSchema } from '@sallyport/contracts';
import { hashToken, problemHandler, ProblemError, readProblem, spanOf, toProblem } from '@sallyport/kit';
import { html } from '@sallyport/pages';
import type { Express, Request, Response } from 'express';
import { words } from '../web/problem-words.ts';
import { onlyCookie, webCookiesOf } from '../web/web-cookies.ts';
import { identityKeysPath } from '../web-identity/answer-identity-keys.ts';
import type { WebRoute } from '../web/web-route.ts';
import type { WebRoutes } from '../web/web-routes.ts';
import { createBase, finish } from './api-base.ts';
import type { OwnApiDeps } from './own-api-deps.ts';
import { createRecordRefusal } from './with-caller.ts';

const form = /^[A-Za-z0-9_-]{1,128}$/;
const expired = () =>
  new ProblemError('login-expired', 'This login took too long, was already used, or started in another browser.');

type RouteHostDeps = OwnApiDeps;

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

async function redeem(deps: RouteHostDeps, route: WebRoute, request: Request) {
  const code = new URL(request.originalUrl, 'http://x').searchParams.getAll('code');
  const verifier = onlyCookie(request.rawHeaders, webCookiesOf(route).begin);
  if (code.length !== 1 || !form.test(code[0]!) || verifier === undefined || !form.test(verifier)) throw expired();
  const { 'user-agent': userAgent } = request.headers;
  const { status, body } = await deps.authenticate.request({
    method: 'POST',
    path: '/v1/route-sessions',
    body: {
      host: route.host,
      code: code[0],
      verifier,
      clientAddress: deps.clientAddress(request),
      ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, 256) }),
    },
    timeoutMs: 10_000,
    span: spanOf(request),
  });
  const opened = routeSessionSchema.safeParse(body);
  if (status !== 200 || !opened.success)
    throw readProblem(body) ?? new ProblemError('service-unavailable', 'The login service gave no readable answer.');
  return opened.data;
}

/** Refuses a logout that a page of another site makes the browser send. */
function refuseForeign(request: Request, route: WebRoute): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== route.origin || (site !== undefined && site !== 'same-origin'))
    throw new ProblemError('forbidden', 'Log out with the button on the page of this gateway.');
}

function mountCallback(app: Express, deps: RouteHostDeps, routes: Pick<WebRoutes, 'of'>): void {
  app.get('/.sallyport/callback', async (request, response) => {
    const route = routeOf(routes, request);
    const { session, returnPrefix, set } = webCookiesOf(route);
    const { token, tab, expiresAt } = await redeem(deps, route, request);
    response.append('set-cookie', [
      set(session, token, Math.max(0, Math.floor((expiresAt - Date.now()) / 1000))),
      set(`${returnPrefix}${tab}`, '', 0),
    ]);
    response.writeHead(302, { location: returnTarget(request, route, tab), 'content-length': '0' }).end();
  });
}

function mountLogout(app: Express, deps: RouteHostDeps, routes: Pick<WebRoutes, 'of'>): void {
  app.get('/.sallyport/logout', (request, response) => {
    const { pages } = routeOf(routes, request);
    sendPage(
      pages,
      response,
      200,
      'Log out?',
      html`<p>This logs you out of the gateway, and of every application behind it in this browser.</p>
<form method="post" action="/.sallyport/logout"><button>Log out</button></form>`,
    );
  });
  app.post('/.sallyport/logout', async (request, response) => {
    const route = routeOf(routes, request);
    refuseForeign(request, route);
    const { session, set } = webCookiesOf(route);
    const cookie = onlyCookie(request.rawHeaders, session);
    if (cookie !== undefined)
      await deps.authenticate.request({
        method: 'POST',
        path: '/v1/route-sessions/end',
        body: { hash: hashToken(cookie), clientAddress: deps.clientAddress(request) },
        timeoutMs: 10_000,
        span: spanOf(request),
      });
    response.append('set-cookie', set(session, '', 0));
    sendPage(route.pages, response, 200, 'You are logged out', html`<p><a class="act" href="/">Log in again</a></p>`);
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
 * Creates what the gateway itself serves on the hosts of web applications: the end of a login, and the logout. The
 * cookies of the gateway do not count there, and those of a route nowhere else.
 */
export function createRouteHostApi(deps: RouteHostDeps, routes: Pick<WebRoutes, 'of'>): Express {
  const app = createBase(deps);
  const recordRefusal = createRecordRefusal(deps);
  if (deps.identityKeys) app.get(identityKeysPath, deps.identityKeys.answerKeys);
  mountCallback(app, deps, routes);
  mountLogout(app, deps, routes);
  const asProgram = problemHandler(deps);
  return finish(app, deps, (error, request: Request, response: Response, next) => {
    const route = routes.of(request);
    const { code, status, detail } = toProblem(error);
    recordRefusal(request, error);
    if (!route || response.headersSent || request.headers.accept?.includes('text/html') !== true)
      return asProgram(error, request, response, next);
    const { title, text } = words(code);
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
