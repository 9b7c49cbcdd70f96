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

/** Ends the sessions, then waits for the record of that. Reports whether the audit log has it in time. */
async function endCallerSessions(deps: LogoutDeps, caller: Caller, request: Request): Promise<boolean> {
  const { identity, session } = caller;
  const facts = readClientFacts(request);
  const ids = readEverywhere(request) ? (await ownSessions(deps.sessions, caller)).map(({ id }) => id) : [session.id];
  const { recorded } = await endSessions(
    ids,
    {
      end: (id) => deps.sessions.revoke(id, { by: identity.user, reason: 'logout' }),
      record: (ended) =>
        deps.events.revoked(ended, {
          caller: identity,
          path,
          facts,
          reason: ended.id === session.id ? 'logout' : 'logout everywhere',
        }),
    },
    session.id,
  );
  return recorded;
}

function sendPage(
  pages: Pages,
  response: Response,
  about: { recorded: boolean; atProvider: { provider: string; url: URL } | undefined },
): void {
  const { atProvider } = about;
  // A header, because the Content-Security-Policy keeps forms on this origin, even when they are redirected.
  if (atProvider) response.setHeader('refresh', `0; url=${atProvider.url.href}`);
  sendLoggedOutPage(pages, response, about);
}

/**
 * `POST /.sallyport/logout`: ends the calling session, or with `everywhere=true` all sessions of the user. Browsers
 * then go to the provider's end session endpoint. The page, or the body for a program (`recorded: false`), says if the
 * audit log has not recorded it in time.
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
    const recorded = caller ? await endCallerSessions(deps, caller, request) : true;
    if (byCookie) response.append('set-cookie', clearedSessionCookie(origin));
    if (!wantsPage(request)) return void (recorded ? response.status(204).end() : response.json({ recorded }));
    sendPage(deps.pages, response, {
      recorded,
      atProvider: url && { provider: providerName(deps.providers, caller!.identity.provider), url },
    });
  };
}
