import { createdAgentSchema } from '@sallyport/contracts/answers';
import { readAnswer } from '../gateway/read-answer.ts';
import { randomBytes } from 'node:crypto';
import { describeScope } from './agent-columns.ts';
import { agentsPath } from './list-agents.ts';
import { newSecretFile } from '../files/write-file.ts';
import { readScope, type ScopeOptions } from './read-scope.ts';
import { tokenKubeconfig } from './token-kubeconfig.ts';
import { readSpan } from '../input/read-span.ts';
import type { Environment } from '../environment/environment.ts';
import { callAsUser, openGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import { readableTime, withTimes } from '../terminal/times.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';

export type CreateAgentOptions = GatewayOptions & ScopeOptions & { for?: string; out?: string; kubeconfig?: string };

const agentName = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
/** A clock that differs a little must not warn. */
const slackMs = 60_000;

export async function createAgent(
  environment: Environment,
  given: string | undefined,
  options: CreateAgentOptions,
): Promise<void> {
  const name = given ?? `agent-${randomBytes(3).toString('hex')}`;
  if (!agentName.test(name))
    throw new CliError('usage', `"${name}" cannot be the name of an agent`, 'Use small letters, digits and dashes.');
  const scope = readScope(options);
  if (options.for === undefined)
    throw new CliError('usage', '--for is missing', 'Say for how long the agent is needed, like --for 8h.');
  const lifetimeMs = readSpan(options.for, '--for');
  const files = {
    token: options.out === undefined ? undefined : newSecretFile(environment, options.out, '--out'),
    kubeconfig:
      options.kubeconfig === undefined ? undefined : newSecretFile(environment, options.kubeconfig, '--kubeconfig'),
  };
  const gateway = await openGateway(environment, options);
  const asked = environment.now() + lifetimeMs;
  const answer = readAnswer(
    createdAgentSchema,
    await callAsUser(gateway, { method: 'POST', path: agentsPath, json: { name, scope, lifetimeMs } }),
    'the agent',
  );
  const { token, agent } = answer;
  files.token?.write(`${token}\n`);
  if (files.kubeconfig) {
    const { stringify } = await import('yaml');
    const [namespace] = scope.namespaces ?? [];
    const content = tokenKubeconfig(gateway, {
      name,
      token,
      clusters: scope.clusters,
      ...(namespace === undefined ? {} : { namespace }),
    });
    files.kubeconfig.write(stringify(content, { lineWidth: 0 }));
  }
  const shown = !files.token && !files.kubeconfig;
  const written = Object.values(files).flatMap((one) => (one ? [one.file] : []));
  environment.stderr.write(
    `Agent ${forTerminal(agent.name)} may ${forTerminal(describeScope(agent))} on ${scope.clusters.join(', ')}, as far as you may, until ${readableTime(agent.expiresAt)} or until you log out.\n`,
  );
  if (agent.expiresAt < asked - slackMs)
    environment.stderr.write('Note: that is less than you asked for, because your login ends then.\n');
  const data = { agent: withTimes(agent, ['createdAt', 'expiresAt']), ...(shown ? { token } : { written }) };
  await writeResult(environment, options.output, data, () =>
    shown ? `${token}\n` : written.map((file) => `Wrote ${forTerminal(file)}.\n`).join(''),
  );
  if (shown && options.output === 'text')
    environment.stderr.write('The line above is the token. It is shown only this once.\n');
}
