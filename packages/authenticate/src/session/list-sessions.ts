import type { RequestHandler } from 'express';
import { ProblemError } from '@sallyport/kit';
import type { ListedSession } from '@sallyport/stores';
import { readQuery } from '../http/read-request.ts';
import { ownSessions, requireCaller } from './caller-session.ts';
import type { HandlerDeps } from './handler-deps.ts';

function describe(session: ListedSession, currentId: string) {
  const { identity, id, kind, createdAt, expiresAt, idleEndsAt, clientAddress, userAgent, approvedFrom } = session;
  const { user, provider } = identity;
  return {
    id,
    kind,
    user,
    provider,
    createdAt,
    expiresAt,
    idleEndsAt,
    clientAddress,
    userAgent,
    approvedFrom,
    current: id === currentId,
  };
}

/**
 * `GET /v1/sessions`: lists the caller's live sessions. With `all=true` it lists all sessions, with `user=<name>` those
 * of one user, if `api.policy.sessions` allows the caller to. `maySeeAll` says whether it does.
 */
export function listSessions(deps: Pick<HandlerDeps, 'sessions'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const query = readQuery(request);
    const all = query.get('all') ?? 'false';
    const user = query.get('user');
    if (all !== 'true' && all !== 'false') throw new ProblemError('bad-request', 'all must be true or false.');
    const others = all === 'true' || (user !== null && (user !== caller.identity.user || caller.privileged));
    if (others && !caller.privileged)
      throw new ProblemError('forbidden', 'You may only see your own sessions (api.policy.sessions).');
    const found = others ? await deps.sessions.list() : await ownSessions(deps.sessions, caller);
    response.json({
      sessions: found
        .filter(({ identity }) => user === null || identity.user === user)
        .map((session) => describe(session, caller.session.id)),
      maySeeAll: caller.privileged,
    });
  };
}
