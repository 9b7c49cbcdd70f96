import type { AgentView } from '@sallyport/contracts/answers';
import { readableTime } from '../terminal/times.ts';
import type { Column } from '../terminal/table.ts';

/** Describes what an agent may do at most, in one line. */
export function describeScope({ scope }: Pick<AgentView, 'scope'>): string {
  const { verbs, secrets, shell, namespaces } = scope;
  const more = [secrets ? 'Secrets' : '', shell ? 'shell' : ''].filter(Boolean);
  const where = namespaces === undefined ? 'all namespaces' : namespaces.join(',');
  return `${verbs.join(',')} in ${where}${more.length === 0 ? '' : ` with ${more.join(' and ')}`}`;
}

/** The columns of a list of agents. */
export const agentColumns: Column<AgentView>[] = [
  { name: 'NAME', cell: ({ name }) => name },
  { name: 'AGENT', cell: ({ id }) => id, shrinks: true },
  { name: 'USER', cell: ({ user }) => user, shrinks: true },
  { name: 'CLUSTERS', cell: ({ scope }) => scope.clusters.join(',') },
  { name: 'SCOPE', cell: describeScope, shrinks: true },
  { name: 'UNTIL', cell: ({ expiresAt }) => readableTime(expiresAt) },
  { name: 'FIRST-USED', cell: ({ usedAt }) => (usedAt === undefined ? 'never' : readableTime(usedAt)), wide: true },
  { name: 'LOGIN', cell: ({ loginId }) => loginId ?? '', wide: true },
];
