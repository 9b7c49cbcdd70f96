import type { Command } from 'commander';
import { agentColumns } from '../agents/agent-columns.ts';
import { agentsPath, fetchAgents, findAgentId } from '../agents/list-agents.ts';
import type { Environment } from '../environment/environment.ts';
import { noteUnrecorded } from '../gateway/expect-ok.ts';
import { callAsUser, openGateway } from '../gateway/open-gateway.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { isData, render } from '../terminal/output.ts';
import { type ListOptions, writeList } from '../terminal/table.ts';
import { withTimes } from '../terminal/times.ts';
import { addAgentCreate } from './agent-create.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { listFormats, withExample, withGateway } from './command-kit.ts';

type AgentListOptions = GatewayOptions & ListOptions & { all?: boolean };

async function list(environment: Environment, options: AgentListOptions): Promise<void> {
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

async function revoke(environment: Environment, texts: readonly string[], options: GatewayOptions): Promise<void> {
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
  if (isData(options.output)) environment.stdout.write(await render(options.output, { revoked }, () => ''));
}

/** `sallyport agent create|list|revoke`. */
export function addAgent(program: Command, environment: Environment): void {
  const agent = program.command('agent').description('give tools and AI agents a part of what you may do');
  addAgentCreate(agent, environment);
  const listing = agent
    .command('list')
    .description('list your agents')
    .option('--all', 'include all users, if the gateway allows it')
    .action((options: AgentListOptions) => list(environment, options));
  withExample(withGateway(listing, listFormats), 'sallyport agent list', 'sallyport agent list --all -o wide');
  const revoking = agent
    .command('revoke')
    .description('end agents at once, and their open streams within a second')
    .argument('<agent...>', 'names of your agents, or ids from "agent list", or their first characters')
    .action((texts: string[], options: GatewayOptions) => revoke(environment, texts, options));
  withExample(withGateway(revoking), 'sallyport agent revoke review-bot');
  withExample(
    agent,
    'sallyport agent create review-bot --read --cluster dev --namespace shop --for 8h --kubeconfig bot.yaml',
    'sallyport agent list',
    'sallyport agent revoke review-bot',
  );
}
