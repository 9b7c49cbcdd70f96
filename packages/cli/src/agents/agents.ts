import { callApi } from '../gateway/call-api.ts';
import { type AgentView } from '@sallyport/contracts/answers';
import type { Environment } from '../environment/environment.ts';
import { openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { type ListOptions, writeList, type Column } from '../terminal/table.ts';
import { withTimes, readableTime } from '../terminal/times.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { isWholeId, resolveId } from '../input/resolve-id.ts';
import { usageError } from '../terminal/cli-error.ts';
import { revokeEach } from './revoke-each.ts';

export const agentsPath = '/.sallyport/api/v1/agents';

/** Lists the user's own agents, or those of all users. */
async function fetchAgents(gateway: OpenGateway, all: boolean) {
  return callApi(gateway, 'GET /agents', 'the agents', { query: { all: all ? 'true' : undefined } });
}

/** Returns the id of an agent by its name, its id or the beginning of its id. A name means one of the user's own. */
async function findAgentId(gateway: OpenGateway, text: string): Promise<string> {
  if (isWholeId(text)) return text;
  const own = await fetchAgents(gateway, false);
  const named = own.agents.filter(({ name }) => name === text);
  if (named.length === 1) return named[0]!.id;
  if (named.length > 1)
    throw usageError(`you have several agents "${text}"`, 'Give an id. To list them, run: sallyport agent list');
  const { agents } = own.maySeeAll === true ? await fetchAgents(gateway, true) : own;
  return resolveId(text, {
    kind: 'agent',
    listedBy: own.maySeeAll === true ? 'sallyport agent list --all' : 'sallyport agent list',
    entries: agents.map(({ id, name, user }: AgentView) => ({ id, about: `${name} of ${user}` })),
  });
}

/** Describes what an agent may do at most, in one line. */
export function describeScope({ scope }: Pick<AgentView, 'scope'>): string {
  const { verbs, secrets, shell, namespaces } = scope;
  const more = [secrets ? 'Secrets' : '', shell ? 'shell' : ''].filter(Boolean);
  const where = namespaces === undefined ? 'all namespaces' : namespaces.join(',');
  return `${verbs.join(',')} in ${where}${more.length === 0 ? '' : ` with ${more.join(' and ')}`}`;
}

const agentColumns: Column<AgentView>[] = [
  { name: 'NAME', cell: ({ name }) => name },
  { name: 'AGENT', cell: ({ id }) => id, shrinks: true },
  { name: 'USER', cell: ({ user }) => user, shrinks: true },
  { name: 'CLUSTERS', cell: ({ scope }) => scope.clusters.join(',') },
  { name: 'SCOPE', cell: describeScope, shrinks: true },
  { name: 'UNTIL', cell: ({ expiresAt }) => readableTime(expiresAt) },
  { name: 'FIRST-USED', cell: ({ usedAt }) => (usedAt === undefined ? 'never' : readableTime(usedAt)), wide: true },
  { name: 'LOGIN', cell: ({ loginId }) => loginId ?? '', wide: true },
];

export type AgentListOptions = GatewayOptions & ListOptions & { all?: boolean };

export async function listAgents(environment: Environment, options: AgentListOptions): Promise<void> {
  const gateway = await openGateway(environment, options);
  const { agents } = await fetchAgents(gateway, options.all === true);
  await writeList(
    environment,
    {
      rows: agents,
      columns: agentColumns,
      name: ({ id }) => id,
      data: { agents: agents.map((one) => withTimes(one, ['createdAt', 'expiresAt', 'idleEndsAt', 'usedAt'])) },
      none: 'There is no agent.\n',
    },
    options,
  );
}

export async function revokeAgents(
  environment: Environment,
  texts: readonly string[],
  options: GatewayOptions,
): Promise<void> {
  const gateway = await openGateway(environment, options);
  // All of them are known before the first one ends.
  const ids: string[] = [];
  for (const text of texts) ids.push(await findAgentId(gateway, text));
  await revokeEach(gateway, { kind: 'agent', path: agentsPath, ids }, options);
}
