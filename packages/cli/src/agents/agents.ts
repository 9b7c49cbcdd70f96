import { agentColumns } from './agent-columns.ts';
import { agentsPath, fetchAgents, findAgentId } from './list-agents.ts';
import type { Environment } from '../environment/environment.ts';
import { noteUnrecorded } from '../gateway/expect-ok.ts';
import { callAsUser, openGateway } from '../gateway/open-gateway.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { isData, writeResult } from '../terminal/output.ts';
import { type ListOptions, writeList } from '../terminal/table.ts';
import { withTimes } from '../terminal/times.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';

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
  const revoked: string[] = [];
  for (const id of ids) {
    const answer = await callAsUser(gateway, { method: 'DELETE', path: `${agentsPath}/${encodeURIComponent(id)}` });
    noteUnrecorded(environment, answer);
    revoked.push(id);
    if (!isData(options.output)) environment.stdout.write(`Revoked agent ${forTerminal(id)}.\n`);
  }
  if (isData(options.output)) await writeResult(environment, options.output, { revoked }, () => '');
}
