import { agentsSchema, type AgentView } from '@sallyport/contracts/answers';
import { readAnswer } from '../gateway/read-answer.ts';
import { callAsUser, type OpenGateway } from '../gateway/open-gateway.ts';
import { isWholeId, resolveId } from '../input/resolve-id.ts';
import { CliError } from '../terminal/cli-error.ts';

export const agentsPath = '/.sallyport/api/v1/agents';

/** Lists the user's own agents, or those of all users. */
export async function fetchAgents(gateway: OpenGateway, all: boolean) {
  const path = all ? `${agentsPath}?all=true` : agentsPath;
  return readAnswer(agentsSchema, await callAsUser(gateway, { method: 'GET', path }), 'the agents');
}

/** Returns the id of an agent by its name, its id or the beginning of its id. A name means one of the user's own. */
export async function findAgentId(gateway: OpenGateway, text: string): Promise<string> {
  if (isWholeId(text)) return text;
  const own = await fetchAgents(gateway, false);
  const named = own.agents.filter(({ name }) => name === text);
  if (named.length === 1) return named[0]!.id;
  if (named.length > 1)
    throw new CliError(
      'usage',
      `you have several agents "${text}"`,
      'Give an id. To list them, run: sallyport agent list',
    );
  const { agents } = own.maySeeAll === true ? await fetchAgents(gateway, true) : own;
  return resolveId(text, {
    kind: 'agent',
    listedBy: own.maySeeAll === true ? 'sallyport agent list --all' : 'sallyport agent list',
    entries: agents.map(({ id, name, user }: AgentView) => ({ id, about: `${name} of ${user}` })),
  });
}
