import type { RequestHandler } from 'express';
import { ProblemError } from '@sallyport/kit';
import { callerSession, requireCaller } from '../session/read-caller-session.ts';
import type { SessionDeps } from '../session/session-deps.ts';

/** `GET /.pomerium/user`: returns the identity of the caller, with Pomerium's claim names. */
export function showUser(deps: Pick<SessionDeps, 'sessions'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const session = await callerSession(deps.sessions, caller);
    if (!session) throw new ProblemError('unauthenticated', 'This session has ended. Log in again.');
    const {
      identity: { issuer, subject, user, email, name, groups },
      id,
      createdAt,
      expiresAt,
    } = session;
    response.json({
      iss: issuer,
      sub: subject,
      user,
      ...(email === undefined ? {} : { email }),
      ...(name === undefined ? {} : { name }),
      groups,
      jti: id,
      sid: id,
      iat: Math.floor(createdAt / 1000),
      exp: Math.floor(expiresAt / 1000),
    });
  };
}
