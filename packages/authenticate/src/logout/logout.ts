import type { Request, RequestHandler, Response } from 'express';
import { ProblemError, readCaller, readClientFacts, type Caller } from '@sallyport/kit';
import type { Pages } from '@sallyport/pages';
import { clearedSessionCookie, readCookies, sessionCookieName } from '../http/cookies.ts';
import { readOrigin, requireOwnPage } from '../http/read-origin.ts';
import { readQuery } from '../http/read-query.ts';
import { sendLoggedOutPage } from './logged-out-page.ts';
import { wantsPage } from '../http/wants-page.ts';

import { providerName } from '../providers/common/provider-name.ts';
import { endSessions } from '../session/end-sessions.ts';
import { findEndSessionUrl } from './end-session-url.ts';
import { ownSessions } from '../session/read-caller-session.ts';
import type { LogoutDeps } from './logout-deps.ts';

const path = '/.sallyport/logout';

function readEverywhere(request: Request): boolean {
  const value = readQuery(request).get('everywhere') ?? 'false';
  if (value !== 'true' && value !== 'false') throw new ProblemError('bad-request', 'everywhere must be true or false.');
  return value === 'true';
}

async function endCallerSessions(deps: LogoutDeps, caller: Caller, request: Request): Promise<void> {
  const { identity, session } = caller;
  const facts = readClientFacts(request);
  const ids = readEverywhere(request) ? (await ownSessions(deps.sessions, caller)).map(({ id }) => id) : [session.id];
  await endSessions(
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

function sendPage(pages: Pages, response: Response, atProvider: { provider: string; url: URL } | undefined): void {
  // A header, because the Content-Security-Policy keeps forms on this origin, even when they are redirected.
  if (atProvider) response.setHeader('refresh', `0; url=${atProvider.url.href}`);
  sendLoggedOutPage(pages, response, atProvider);
}

/**
 * `POST /.sallyport/logout`: ends the calling session, or with `everywhere=true` all sessions of the user. Browsers
 * then go to the provider's end session endpoint.
 */
export function logout(deps: LogoutDeps): RequestHandler {
  return async (request, response) => {
    const origin = readOrigin(request, deps.settings);
    const caller = readCaller(request.headers);
    const byCookie =
      caller?.session.kind === 'browser' || readCookies(request.headers.cookie).has(sessionCookieName(origin));
    if (byCookie) requireOwnPage(request, deps.settings);
    if (!caller && !byCookie) throw new ProblemError('unauthenticated', 'You are not logged in.');
    const url = caller && byCookie && wantsPage(request) ? await findEndSessionUrl(deps, caller) : undefined;
    if (caller) await endCallerSessions(deps, caller, request);
    if (byCookie) response.append('set-cookie', clearedSessionCookie(origin));
    if (!wantsPage(request)) return void response.status(204).end();
    sendPage(deps.pages, response, url && { provider: providerName(deps.providers, caller!.identity.provider), url });
  };
}
