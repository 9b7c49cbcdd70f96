import type { Request, RequestHandler, Response } from 'express';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import { html } from '@sallyport/pages';
import { isFromAnotherSite, readOrigin, requireOwnPage, compareAddress } from '../http/read-request.ts';
import {
  findBrowserLogin,
  keepRouteCode,
  routeCodeSchema,
  routeConfirmationKind,
  type RouteCode,
} from './route-code.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

export const routeConfirmationPath = '/.sallyport/route-confirmation';

type Grant = RouteCode & { issued: NonNullable<RouteCode['issued']> };

/** Reads what is to be confirmed. Only the browser with the login for which the first code was issued may do that. */
async function findGrant(
  deps: HandlerDeps,
  request: Request,
  get: (kind: string, id: string) => Promise<unknown>,
): Promise<Grant> {
  const isHere = readOrigin(request, deps.settings) === deps.settings.loginOrigin;
  const login = isHere ? await findBrowserLogin(deps, request) : undefined;
  const stored = login && (await get(routeConfirmationKind, String(request.params['id'])));
  const { data: grant } = routeCodeSchema.safeParse(stored);
  if (!grant?.issued || grant.parent.id !== login?.id)
    throw new ProblemError(
      'login-expired',
      'This question was answered already, took too long, or is for another login.',
    );
  return { ...grant, issued: grant.issued };
}

/**
 * `GET /.sallyport/route-confirmation/{id}`: asks a user whether they are the one who opens a web application, because it
 * was opened in another place than their login. Says from where.
 */
export function askRouteConfirmation(deps: HandlerDeps): RequestHandler {
  return async (request, response) => {
    const { host, issued } = await findGrant(deps, request, deps.singleUse.read);
    const { clientAddress, userAgent } = issued.to;
    deps.pages.send(
      response,
      200,
      'Is this you?',
      html`<p>Someone opens <strong>${host}</strong> as you, from another place than this login.</p>
<dl>
<dt>Address</dt><dd>${compareAddress(clientAddress, readClientFacts(request).clientAddress)}</dd>
<dt>Browser</dt><dd>${userAgent ?? 'unknown'}</dd>
</dl>
<p class="note">Continue only if this is your address and your browser. Anyone else there could then use the application as you.</p>
<form method="post" action="${request.path}"><button type="submit">Continue</button></form>`,
    );
  };
}

/** `POST /.sallyport/route-confirmation/{id}`: issues a code that is good in the place about which the user was asked. */
export function confirmRouteCode(deps: HandlerDeps): RequestHandler {
  return async (request, response) => {
    requireOwnPage(request, deps.settings);
    if (isFromAnotherSite(request)) throw new ProblemError('forbidden', 'Use the button on the page of this gateway.');
    await findGrant(deps, request, deps.singleUse.read);
    const grant = await findGrant(deps, request, deps.singleUse.take);
    const url = await keepRouteCode(deps, grant);
    // A header, because the Content-Security-Policy keeps forms on this origin, even when they are redirected.
    response.setHeader('refresh', `0; url=${url}`);
    deps.pages.send(response, 200, 'You can go on', html`<p><a class="act" href="${url}">Go to ${grant.host}</a></p>`);
  };
}

/** The header in which the gateway says to which of its routes an address leads: the origin. */
const routeHeader = 'sallyport-route';

/**
 * Asks a user whom another site sent here whether they want to log in, as every login does (`confirmLogin`). Names the
 * application to which the login leads. That is sure, unlike which site sent the user.
 */
function askLogin({ pages }: HandlerDeps, to: { origin: string; login: string }, response: Response): void {
  pages.send(
    response,
    200,
    'Log in?',
    html`<p>To open <strong>${new URL(to.origin).host}</strong>, an application behind this gateway, log in.</p>
<p>If you continue, this browser will be logged in.</p>
<p><a class="act" href="${to.login}">Log in</a></p>
<p class="note">If you did not want to open this application, close this page. Nothing has happened.</p>`,
  );
}

/**
 * `GET /.sallyport/route/{host}/{challenge}/{tab}`: sends a browser that is logged in back to the web application from
 * which it came, with a one-time code. Any other browser logs in first. A foreign page that leads here gains nothing: the
 * code goes to the application's own host, and is good only together with the secret behind `challenge`, in a browser that
 * shows the same as this one.
 */
export function issueRouteCode(deps: HandlerDeps): RequestHandler {
  return async (request, response) => {
    const { loginOrigin } = deps.settings;
    const { [routeHeader]: origin } = request.headers;
    if (typeof origin !== 'string' || !URL.canParse(origin))
      throw new ProblemError('not-found', 'There is no such application here.');
    if (readOrigin(request, deps.settings) !== loginOrigin)
      return response.redirect(302, `${loginOrigin}${request.path}`);
    const { challenge, tab } = request.params as { challenge: string; tab: string };
    if (!/^[A-Za-z0-9_-]{43}$/.test(challenge) || !/^[A-Za-z0-9_-]{1,128}$/.test(tab))
      throw new ProblemError('bad-request', 'The address of this login is not complete.');
    const parent = await findBrowserLogin(deps, request);
    if (!parent) {
      const login = `/.sallyport/login?return_to=${encodeURIComponent(request.path)}`;
      return isFromAnotherSite(request) ? askLogin(deps, { origin, login }, response) : response.redirect(302, login);
    }
    const issued = { origin, to: readClientFacts(request) };
    const host = new URL(origin).hostname;
    response.redirect(302, await keepRouteCode(deps, { host, challenge, tab, parent, issued }));
  };
}
