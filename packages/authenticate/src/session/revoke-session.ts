import type { RequestHandler } from 'express';
import { ProblemError } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { readClientFacts } from '@sallyport/kit';
import { ownSessions, requireCaller } from './read-caller-session.ts';

/**
 * `DELETE /v1/sessions/{id}`: ends a session of one's own, or any where `api.policy.sessions` lets the caller. Others'
 * look as if there were none.
 */
export function revokeSession(deps: RouteDeps): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const id = String(request.params['id']);
    const may = caller.privileged || (await ownSessions(deps.sessions, caller)).some((session) => session.id === id);
    const ended = may ? await deps.sessions.revoke(id, { by: caller.identity.user, reason: 'revoked' }) : undefined;
    if (!ended) throw new ProblemError('not-found', 'There is no live session of that id, or it is not yours.');
    deps.events.revoked(ended, {
      caller: caller.identity,
      path: '/v1/sessions',
      facts: { ...readClientFacts(request), clientAddress: caller.clientAddress },
      reason: 'revoked',
    });
    response.status(204).end();
  };
}
