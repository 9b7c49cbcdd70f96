import type { Request, RequestHandler, Response } from 'express';
import { ProblemError, readCaller, type Caller } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { clearedSessionCookie, readCookies, sessionCookieName } from '../http/cookies.ts';
import { readOrigin, requireOwnPage } from '../http/read-origin.ts';
import { readQuery } from '../http/read-query.ts';
import { showSignedOut } from './logged-out-page.ts';
import { wantsPage } from '../http/wants-page.ts';
import { readClientFacts } from '@sallyport/kit';
import { endMany } from '../session/end-sessions.ts';
import { providerLogoutUrl } from './end-session-url.ts';
import { ownSessions } from '../session/read-caller-session.ts';

const path = '/.sallyport/logout';

function readEverywhere(request: Request): boolean {
  const value = readQuery(request).get('everywhere') ?? 'false';
  if (value !== 'true' && value !== 'false') throw new ProblemError('bad-request', 'everywhere must be true or false.');
  return value === 'true';
}

async function end(deps: RouteDeps, caller: Caller, request: Request): Promise<void> {
  const { identity, session } = caller;
  const facts = readClientFacts(request);
  const ids = readEverywhere(request) ? (await ownSessions(deps.sessions, caller)).map(({ id }) => id) : [session.id];
  await endMany(
    ids,
    async (id) => {
      const ended = await deps.sessions.revoke(id, { by: identity.user, reason: 'logout' });
      if (ended)
        deps.events.revoked(ended, {
          caller: identity,
          path,
          facts,
          reason: id === session.id ? 'logout' : 'logout everywhere',
        });
      return ended;
    },
    session.id,
  );
}

function answerPage(response: Response, there: { provider: string; url: URL } | undefined): void {
  // A header, for the form of these pages may lead nowhere but here, redirects included.
  if (there) response.setHeader('refresh', `0; url=${there.url.href}`);
  showSignedOut(response, there);
}

/**
 * `POST /.sallyport/logout`: ends the session that makes the call, at once; with `everywhere=true` all of the person's.
 * A browser goes on to end its session at the provider, too.
 */
export function logout(deps: RouteDeps): RequestHandler {
  return async (request, response) => {
    const origin = readOrigin(request, deps.settings);
    const caller = readCaller(request.headers);
    const byCookie =
      caller?.session.kind === 'browser' || readCookies(request.headers.cookie).has(sessionCookieName(origin));
    if (byCookie) requireOwnPage(request, deps.settings);
    if (!caller && !byCookie) throw new ProblemError('unauthenticated', 'Nobody is logged in here.');
    const url = caller && byCookie && wantsPage(request) ? await providerLogoutUrl(deps, caller) : undefined;
    if (caller) await end(deps, caller, request);
    if (byCookie) response.append('set-cookie', clearedSessionCookie(origin));
    if (!wantsPage(request)) return void response.status(204).end();
    answerPage(response, url && { provider: caller!.identity.provider, url });
  };
}
