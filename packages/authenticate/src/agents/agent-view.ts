import type { AgentView } from '@sallyport/contracts';
import type { ListedSession } from '@sallyport/stores';

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
    ...(idleEndsAt === undefined ? {} : { idleEndsAt }),
    ...(usedAt === undefined ? {} : { usedAt }),
    loginId: parent.id,
  };
}
