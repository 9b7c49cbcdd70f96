import type { RequestHandler } from 'express';
import { ProblemError } from '@sallyport/kit';
import { readQuery } from '../http/read-query.ts';
import { ownSessions, requireCaller } from '../session/read-caller-session.ts';
import type { AgentDeps } from './agent-deps.ts';
import { agentView } from './agent-view.ts';

/**
 * `GET /v1/agents`: lists the caller's agents. With `all=true` it lists those of all users, if `api.policy.machines`
 * allows the caller to.
 */
export function listAgents(deps: Pick<AgentDeps, 'sessions'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const all = readQuery(request).get('all') ?? 'false';
    if (all !== 'true' && all !== 'false') throw new ProblemError('bad-request', 'all must be true or false.');
    if (all === 'true' && !caller.privileged)
      throw new ProblemError('forbidden', 'You may only see your own agents (api.policy.machines).');
    const found = all === 'true' ? await deps.sessions.list() : await ownSessions(deps.sessions, caller);
    response.json({ agents: found.map(agentView).filter((view) => view !== undefined), maySeeAll: caller.privileged });
  };
}
