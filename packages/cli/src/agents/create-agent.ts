import { createdAgentSchema } from '@sallyport/contracts/answers';
import { isLabel } from '../input/names.ts';
import { randomBytes } from 'node:crypto';
import { describeScope, agentsPath } from './agents.ts';
import { newSecretFile } from '../files/write-file.ts';
import { readSpan } from '../input/read-span.ts';
import type { Environment } from '../environment/environment.ts';
import { askFor, openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { usageError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import { readableTime, withTimes } from '../terminal/times.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';

/** Returns a kubeconfig with one context for each cluster. Its user has the token itself, and starts no program. */
function tokenKubeconfig(
  { address, known }: Pick<OpenGateway, 'address' | 'known'>,
  {
    name,
    token,
    clusters,
    namespace,
  }: { name: string; token: string; clusters: readonly string[]; namespace?: string },
) {
  const authority = address.scheme === 'https' ? known.authorityOf(address) : undefined;
  const ca = authority === undefined ? {} : { 'certificate-authority-data': Buffer.from(authority).toString('base64') };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: clusters.map((cluster) => ({
      name: cluster,
      cluster: { server: `${address.origin}/clusters/${cluster}`, ...ca },
    })),
    users: [{ name, user: { token } }],
    contexts: clusters.map((cluster) => ({
      name: cluster,
      context: { cluster, user: name, ...(namespace === undefined ? {} : { namespace }) },
    })),
    'current-context': clusters[0],
  };
}

/** The options that say what an agent may do. */
type ScopeOptions = {
  read?: boolean;
  verb?: string[];
  cluster?: string[];
  namespace?: string[];
  secrets?: boolean;
  shell?: boolean;
};

const reads = ['get', 'list', 'watch'];
function checkEach(names: readonly string[], isName: (name: string) => boolean, option: string, what: string): void {
  const wrong = names.find((name) => !isName(name));
  if (wrong !== undefined)
    throw usageError(
      `${option}: "${wrong}" is not the name of a ${what}`,
      `Write it like ${option} ${what === 'verb' ? 'get' : 'dev'}.`,
    );
}

/** Reads the scope of an agent. Clusters and verbs must be named: an agent has nothing that nobody has named. */
function readScope(options: ScopeOptions) {
  const { cluster = [], namespace, verb = [] } = options;
  const verbs = [...new Set([...(options.read === true ? reads : []), ...verb])];
  if (cluster.length === 0)
    throw usageError('--cluster is missing', 'Name the clusters of the agent, like --cluster dev.');
  if (verbs.length === 0)
    throw usageError(
      'it is not said what the agent may do',
      'Give --read for get, list and watch, or name verbs, like --verb get --verb patch.',
    );
  checkEach(cluster, isLabel, '--cluster', 'cluster');
  checkEach(namespace ?? [], isLabel, '--namespace', 'namespace');
  checkEach(verbs, (name) => /^[a-z]{1,32}$/.test(name), '--verb', 'verb');
  return {
    clusters: [...new Set(cluster)],
    verbs,
    ...(namespace === undefined ? {} : { namespaces: [...new Set(namespace)] }),
    secrets: options.secrets === true,
    shell: options.shell === true,
  };
}

export type CreateAgentOptions = GatewayOptions & ScopeOptions & { for?: string; out?: string; kubeconfig?: string };

/** A clock that differs a little must not warn. */
const slackMs = 60_000;

export async function createAgent(
  environment: Environment,
  given: string | undefined,
  options: CreateAgentOptions,
): Promise<void> {
  const name = given ?? `agent-${randomBytes(3).toString('hex')}`;
  if (!isLabel(name))
    throw usageError(`"${name}" cannot be the name of an agent`, 'Use small letters, digits and dashes.');
  const scope = readScope(options);
  if (options.for === undefined)
    throw usageError('--for is missing', 'Say for how long the agent is needed, like --for 8h.');
  const lifetimeMs = readSpan(options.for, '--for');
  const files = {
    token: options.out === undefined ? undefined : newSecretFile(environment, options.out, '--out'),
    kubeconfig:
      options.kubeconfig === undefined ? undefined : newSecretFile(environment, options.kubeconfig, '--kubeconfig'),
  };
  const gateway = await openGateway(environment, options);
  const asked = environment.now() + lifetimeMs;
  const { token, agent } = await askFor(gateway, createdAgentSchema, 'the agent', {
    method: 'POST',
    path: agentsPath,
    json: { name, scope, lifetimeMs },
  });
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
