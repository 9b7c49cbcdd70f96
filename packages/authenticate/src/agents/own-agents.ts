import type { ListedSession } from '@sallyport/stores';
import type { AgentView } from '@sallyport/contracts';
import type { RequestHandler } from 'express';
import { isForCaller, ownSessions, requireCaller, readAll, revokeOne } from '../session/caller-session.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

/** Returns an agent as lists show it; undefined if the session is not of an agent. */
export function agentView(session: Omit<ListedSession, 'idleEndsAt'> & { idleEndsAt?: number }): AgentView | undefined {
  const { id, kind, agent, parent, identity, createdAt, expiresAt, idleEndsAt, usedAt } = session;
  if (kind !== 'agent' || !agent || !parent) return undefined;
  return {
    id,
    name: agent.name,
    user: identity.user,
    scope: agent.scope,
    createdAt,
    expiresAt,
    idleEndsAt,
    usedAt,
    loginId: parent.id,
  };
}

/**
 * `GET /v1/agents`: lists the caller's agents. With `all=true` it lists those of all users, if `api.policy.machines`
 * allows the caller to.
 */
export function listAgents(deps: Pick<HandlerDeps, 'sessions'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const all = readAll(request, caller, 'your own agents (api.policy.machines)');
    const found = all ? await deps.sessions.list() : await ownSessions(deps.sessions, caller);
    response.json({ agents: found.map(agentView).filter((view) => view !== undefined), maySeeAll: caller.privileged });
  };
}

/**
 * `DELETE /v1/agents/{id}`: ends one of the caller's agents, or any agent if `api.policy.machines` allows the caller to.
 * Without that right, agents of other users look as if they did not exist. Answers as the revocation of a session does.
 */
export function revokeAgent(deps: Pick<HandlerDeps, 'sessions' | 'events'>): RequestHandler {
  return revokeOne(
    deps,
    { path: '/v1/agents', what: 'agent' },
    (caller, session) => session.kind === 'agent' && isForCaller(caller, session),
  );
}
