import type { RequestHandler } from 'express';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import { readOrigin } from '../http/read-origin.ts';
import { findBrowserLogin } from './find-browser-login.ts';
import { keepRouteCode } from './keep-route-code.ts';
import type { RouteSessionDeps } from './route-session-deps.ts';

/** The header in which the gateway says to which of its routes an address leads: the origin. */
const routeHeader = 'sallyport-route';

/**
 * `GET /.sallyport/route/{host}/{challenge}/{tab}`: sends a browser that is logged in back to the web application from
 * which it came, with a one-time code. Any other browser logs in first. A foreign page that leads here gains nothing: the
 * code goes to the application's own host, and is good only together with the secret behind `challenge`, in a browser that
 * shows the same as this one.
 */
export function issueRouteCode(deps: RouteSessionDeps): RequestHandler {
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
    if (!parent) return response.redirect(302, `/.sallyport/login?return_to=${encodeURIComponent(request.path)}`);
    const issued = { origin, to: readClientFacts(request) };
    const host = new URL(origin).hostname;
    response.redirect(302, await keepRouteCode(deps, { host, challenge, tab, parent, issued }));
  };
}
