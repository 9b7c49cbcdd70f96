import type { RequestHandler } from 'express';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import { ownSessions, requireCaller } from './read-caller-session.ts';
import type { SessionDeps } from './session-deps.ts';

/**
 * `DELETE /v1/sessions/{id}`: ends one of the caller's sessions, or any session if `api.policy.sessions` allows the
 * caller to. Without that right, sessions of other users look as if they did not exist. Answers with 204, or with 200
 * and `recorded: false` if the audit log has not recorded the end in time.
 */
export function revokeSession(deps: Pick<SessionDeps, 'sessions' | 'events'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const id = String(request.params['id']);
    const may = caller.privileged || (await ownSessions(deps.sessions, caller)).some((session) => session.id === id);
    const ended = may ? await deps.sessions.revoke(id, { by: caller.identity.user, reason: 'revoked' }) : undefined;
    if (!ended) throw new ProblemError('not-found', 'No live session has this ID, or it is not yours.');
    const recorded = await deps.events.revoked(ended, {
      caller: caller.identity,
      path: '/v1/sessions',
      facts: { ...readClientFacts(request), clientAddress: caller.clientAddress },
      reason: 'revoked',
    });
    if (recorded) response.status(204).end();
    else response.json({ revoked: 1, recorded });
  };
}
