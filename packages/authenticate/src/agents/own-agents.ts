import type { SessionStore, SingleUseStore, ListedSession } from '@sallyport/stores';
import type { AgentView } from '@sallyport/contracts';
import type { RequestHandler } from 'express';
import { ProblemError } from '@sallyport/kit';
import type { LoginEvents } from '../events/login-events.ts';
import { ownSessions, requireCaller, readAll, sendEnded, revokeFor } from '../session/caller-session.ts';

/** The dependencies of the routes that create, list and end agents. */
export type AgentDeps = {
  sessions: SessionStore;
  singleUse: Pick<SingleUseStore, 'claim' | 'take'>;
  events: Pick<LoginEvents, 'requireRoom' | 'created' | 'notBegun' | 'revoked'>;
  now: () => number;
  randomToken: () => string;
  randomId: () => string;
};

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
export function listAgents(deps: Pick<AgentDeps, 'sessions'>): RequestHandler {
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
    const ended = await revokeFor(caller, may ? id : undefined, { deps, path: '/v1/agents', request });
    if (!ended) throw new ProblemError('not-found', 'No live agent has this ID, or it is not yours.');
    sendEnded(response, ended.recorded);
  };
}
