import type { RequestHandler } from 'express';
import { ProblemError, readCaller } from '@sallyport/kit';
import type { LoginSettings } from '../http/login-settings.ts';
import { readQuery } from '../http/read-request.ts';
import { readLoginRequest } from '../login/read-login-request.ts';
import { sendLogoutQuestion } from '../logout/logout-pages.ts';
import { logout } from '../logout/logout.ts';
import { callerSession, requireCaller } from '../session/caller-session.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

const parameter = 'pomerium_redirect_uri';

/** `GET /.pomerium/api/v1/login`: returns the URL that a Pomerium client should open, as plain text. */
export function getSignInUrl(deps: { settings: LoginSettings }): RequestHandler {
  return (request, response) => {
    const { settings } = deps;
    const redirectUri = readQuery(request).get(parameter);
    if (!settings.pomerium || redirectUri === null)
      throw new ProblemError(
        'not-found',
        settings.pomerium
          ? `${parameter} is missing.`
          : 'Logins of Pomerium clients are disabled here (login.pomerium).',
      );
    const query = new URLSearchParams({ [parameter]: redirectUri });
    readLoginRequest(query, settings);
    response.type('text/plain').send(`${settings.loginOrigin}/.sallyport/login?${query.toString()}`);
  };
}

/** `GET /.pomerium/user`: returns the identity of the caller, with Pomerium's claim names. */
export function showUser(deps: Pick<HandlerDeps, 'sessions'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const session = await callerSession(deps.sessions, caller);
    if (!session) throw new ProblemError('unauthenticated', 'This session has ended. Log in again.');
    const { identity, id, createdAt, expiresAt } = session;
    const { issuer, subject, user, email, name, groups } = identity;
    response.json({
      iss: issuer,
      sub: subject,
      user,
      email,
      name,
      groups,
      jti: id,
      sid: id,
      iat: Math.floor(createdAt / 1000),
      exp: Math.floor(expiresAt / 1000),
    });
  };
}

/**
 * `/.pomerium/sign_out`: ends the session of a program that sends its token. Asks a user in a browser first, because
 * following a link must not log them out.
 */
export function signOut(deps: HandlerDeps): RequestHandler {
  const end = logout(deps);
  return (request, response, next) => {
    const caller = readCaller(request.headers);
    if (request.method === 'POST' || caller?.session.kind === 'cli') return end(request, response, next);
    sendLogoutQuestion(deps.pages, response);
  };
}
