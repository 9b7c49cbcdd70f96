import type { RequestHandler } from 'express';
import { hashToken, ProblemError } from '@sallyport/kit';
import { readCookies, sessionCookieName } from '../http/cookies.ts';
import { readOrigin } from '../http/read-origin.ts';
import {
  maxRouteCodes,
  routeCodeCountKind,
  routeCodeKind,
  routeCodeLifeMs,
  routeCodeWindowMs,
  type RouteCode,
} from './route-code.ts';
import type { RouteSessionDeps } from './route-session-deps.ts';

/** The header in which the gateway says to which of its routes an address leads: the origin. */
const routeHeader = 'sallyport-route';

/**
 * `GET /.sallyport/route/{host}/{challenge}/{tab}`: sends a browser that is logged in back to the web application from
 * which it came, with a one-time code. Any other browser logs in first. A foreign page that leads here gains nothing: the
 * code goes to the application's own host, and is good only in the browser that knows the secret behind `challenge`.
 */
export function issueRouteCode(deps: RouteSessionDeps): RequestHandler {
  return async (request, response) => {
    const { loginOrigin } = deps.settings;
    const { [routeHeader]: routeOrigin } = request.headers;
    if (typeof routeOrigin !== 'string' || !URL.canParse(routeOrigin))
      throw new ProblemError('not-found', 'There is no such application here.');
    if (readOrigin(request, deps.settings) !== loginOrigin)
      return response.redirect(302, `${loginOrigin}${request.path}`);
    const { challenge, tab } = request.params as { challenge: string; tab: string };
    if (!/^[A-Za-z0-9_-]{43}$/.test(challenge) || !/^[A-Za-z0-9_-]{1,128}$/.test(tab))
      throw new ProblemError('bad-request', 'The address of this login is not complete.');
    const token = readCookies(request.headers.cookie).get(sessionCookieName(loginOrigin));
    const hash = token === undefined || token.includes('.') ? undefined : hashToken(token);
    const [found] = hash === undefined ? [] : await deps.sessions.find([hash]);
    if (hash === undefined || found?.state !== 'live' || found.session.kind !== 'browser')
      return response.redirect(302, `/.sallyport/login?return_to=${encodeURIComponent(request.path)}`);
    const { id } = found.session;
    if ((await deps.singleUse.count(routeCodeCountKind, id, routeCodeWindowMs)) > maxRouteCodes)
      throw new ProblemError(
        'too-many-requests',
        'This browser has opened too many applications. Try again in a while.',
      );
    const code = deps.randomToken();
    const grant: RouteCode = {
      host: new URL(routeOrigin).hostname,
      challenge,
      tab,
      parent: { id, hash },
    };
    await deps.singleUse.put(routeCodeKind, code, grant, routeCodeLifeMs);
    response.redirect(302, `${routeOrigin}/.sallyport/callback?code=${code}`);
  };
}
