import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { createdAgentSchema } from '@sallyport/contracts/answers';
import { readAnswer } from '../gateway/read-answer.ts';
import { describeScope } from '../agents/agent-columns.ts';
import { agentsPath } from '../agents/list-agents.ts';
import { newSecretFile } from '../files/write-file.ts';
import { readScope, type ScopeOptions } from '../agents/read-scope.ts';
import { tokenKubeconfig } from '../agents/token-kubeconfig.ts';
import { readSpan } from '../input/read-span.ts';
import type { Environment } from '../environment/environment.ts';
import { callAsUser, openGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { render } from '../terminal/output.ts';
import { readableTime, withTimes } from '../terminal/times.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { withExample, withGateway } from './command-kit.ts';

type Options = GatewayOptions & ScopeOptions & { for?: string; out?: string; kubeconfig?: string };

const agentName = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
/** A clock that differs a little must not warn. */
const slackMs = 60_000;

async function create(environment: Environment, given: string | undefined, options: Options): Promise<void> {
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
  environment.stdout.write(
    await render(options.output, data, () =>
      shown ? `${token}\n` : written.map((file) => `Wrote ${forTerminal(file)}.\n`).join(''),
    ),
  );
  if (shown && options.output === 'text')
    environment.stderr.write('The line above is the token. It is shown only this once.\n');
}

const each = (value: string, before: string[] | undefined) => [...(before ?? []), ...value.split(',').filter(Boolean)];

/** `sallyport agent create`. */
export function addAgentCreate(agent: Command, environment: Environment): void {
  const command = agent
    .command('create')
    .description(
      'create a credential for a tool or an AI agent, which may do a part of what you may, and ends with your login',
    )
    .argument('[name]', 'what you call it: small letters, digits and dashes')
    .option('--cluster <names>', 'a cluster that it may use; can be repeated', each)
    .option('--read', 'it may get, list and watch, also logs')
    .option('--verb <names>', 'a verb that it may use, such as patch; can be repeated', each)
    .option('--namespace <names>', 'only in this namespace; can be repeated (default: all)', each)
    .option('--secrets', 'also Secrets, with its verbs')
    .option('--shell', 'also exec, attach, port-forward, proxies and everything else equivalent to a shell')
    .option('--for <time>', 'for how long, such as 8h; at most until your login ends')
    .option('--out <file>', 'write the token to this new file, readable only by you, instead of showing it')
    .option('--kubeconfig <file>', 'write a kubeconfig with the token to this new file, readable only by you')
    .action((name: string | undefined, options: Options) => create(environment, name, options));
  withExample(
    withGateway(command),
    'sallyport agent create review-bot --read --cluster dev --namespace shop --for 8h --kubeconfig bot.yaml',
    'sallyport agent create fixer --read --verb patch --cluster dev --namespace shop --for 1h --out token',
  );
}
