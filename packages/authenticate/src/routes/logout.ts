import type { RequestHandler } from 'express';
import { ProblemError, readCaller } from '@sallyport/kit';
import type { RouteDeps } from '../authenticate-deps.ts';
import { clearedSessionCookie, readCookies, sessionCookieName } from '../login/cookies.ts';
import { readOrigin, requireOwnPage } from '../login/read-origin.ts';
import { html, sendPage } from '../pages/render-page.ts';
import { wantsPage } from '../pages/wants-page.ts';
import { readClientFacts } from '../session/client-facts.ts';

const path = '/.sallyport/logout';

/** `POST /.sallyport/logout`: ends the session that makes the call, everywhere and at once. */
export function logout(deps: RouteDeps): RequestHandler {
  return async (request, response) => {
    const origin = readOrigin(request, deps.settings);
    const caller = readCaller(request.headers);
    const byCookie = caller?.session.kind === 'browser' || readCookies(request.headers.cookie).has(sessionCookieName(origin));
    if (byCookie) requireOwnPage(request, deps.settings);
    if (!caller && !byCookie) throw new ProblemError('unauthenticated', 'Nobody is logged in here.');
    if (caller) {
      const { identity } = caller;
      const ended = await deps.sessions.revoke(caller.session.id, { by: identity.user, reason: 'logout' });
      if (ended) deps.events.revoked(ended, { caller: identity, path, facts: readClientFacts(request), reason: 'logout' });
    }
    if (byCookie) response.append('set-cookie', clearedSessionCookie(origin));
    if (!wantsPage(request)) return void response.status(204).end();
    sendPage(response, 200, 'You are logged out', html`<p>Your session has ended, and everything that was open through it.</p>
<p><a href="/.sallyport/login">Log in again</a></p>`);
  };
}
