import type { RequestHandler } from 'express';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import { requireCaller } from '../session/read-caller-session.ts';
import type { AgentDeps } from './agent-deps.ts';

/**
 * `DELETE /v1/agents/{id}`: ends one of the caller's agents, or any agent if `api.policy.machines` allows the caller to.
 * Without that right, agents of other users look as if they did not exist. Answers as the revocation of a session does.
 */
export function revokeAgent(deps: Pick<AgentDeps, 'sessions' | 'events'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const id = String(request.params['id']);
    const found = await deps.sessions.read(id);
    const { issuer, subject } = caller.identity;
    const may =
      found.state === 'live' &&
      found.session.kind === 'agent' &&
      (caller.privileged || (found.session.identity.issuer === issuer && found.session.identity.subject === subject));
    const ended = may ? await deps.sessions.revoke(id, { by: caller.identity.user, reason: 'revoked' }) : undefined;
    if (!ended) throw new ProblemError('not-found', 'No live agent has this ID, or it is not yours.');
    const recorded = await deps.events.revoked(ended, {
      caller: caller.identity,
      path: '/v1/agents',
      facts: { ...readClientFacts(request), clientAddress: caller.clientAddress },
      reason: 'revoked',
    });
    if (recorded) response.status(204).end();
    else response.json({ recorded });
  };
}
