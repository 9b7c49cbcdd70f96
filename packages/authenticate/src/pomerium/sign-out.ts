import type { RequestHandler } from 'express';
import { readCaller } from '@sallyport/kit';
import { sendLogoutQuestion } from '../logout/ask-logout.ts';
import { logout } from '../logout/logout.ts';
import type { LogoutDeps } from '../logout/logout-deps.ts';

/**
 * `/.pomerium/sign_out`: ends the session of a program that sends its token. Asks a user in a browser first, because
 * following a link must not log them out.
 */
export function signOut(deps: LogoutDeps): RequestHandler {
  const end = logout(deps);
  return (request, response, next) => {
    const caller = readCaller(request.headers);
    if (request.method === 'POST' || caller?.session.kind === 'cli') return end(request, response, next);
    sendLogoutQuestion(deps.pages, response);
  };
}
