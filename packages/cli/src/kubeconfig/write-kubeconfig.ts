import { parse } from 'yaml';
import { fetchClusters, openGateway, openGatewayAt, type OpenGateway } from '../gateway/open-gateway.ts';
import { readAuthority } from '../home/known-gateways.ts';
import { execPlugin, type KubeconfigEntry } from './kubeconfig-entry.ts';
import { kubeconfigFiles } from '../kubectl/read-kubeconfigs.ts';
import { updateKubeconfig } from './kubeconfig-file.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal, shellWord } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { clusterRole, clusterRoleText } from '../cluster/account/cluster-role.ts';
import { loadGatewayConfig } from '../config/load-gateway-config.ts';
import { mergeEntries } from './merge-entries.ts';

export type KubeconfigOptions = GatewayOptions & {
  cluster?: string;
  merge?: boolean;
  offline?: boolean;
  caFile?: string;
  cli?: string;
  prefix?: string;
  rbac?: boolean;
  config?: string;
};

const clusterName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function namedClusters(options: KubeconfigOptions): string[] | undefined {
  const names = options.cluster
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const wrong = names?.find((name) => !clusterName.test(name));
  if (wrong !== undefined)
    throw new CliError(
      'usage',
      `"${wrong}" is not the name of a cluster`,
      'Write --cluster dev, or --cluster dev,prod.',
    );
  return names;
}

async function chosenClusters(gateway: OpenGateway, options: KubeconfigOptions): Promise<string[]> {
  const wanted = namedClusters(options);
  if (options.offline === true) {
    if (wanted === undefined || wanted.length === 0)
      throw new CliError(
        'usage',
        '--offline needs the names of the clusters, because it does not ask the gateway',
        'Name them with --cluster dev,prod.',
      );
    return wanted;
  }
  const all = (await fetchClusters(gateway)).map(({ name }) => name);
  const missing = wanted?.find((name) => !all.includes(name));
  if (missing !== undefined)
    throw new CliError(
      'refused',
      `you have no access to a cluster "${missing}"`,
      'To list your clusters, run: sallyport clusters',
    );
  if (all.length === 0)
    throw new CliError('refused', 'you have access to no cluster', 'Ask the operator of the gateway for access.');
  return wanted ?? all;
}

const defaultPrefix = 'sallyport-';

/** Returns what the names of the entries begin with: the option, or what the user chose for this gateway before. */
function readPrefix({ known, address }: OpenGateway, { prefix }: KubeconfigOptions): string {
  if (prefix !== undefined && !/^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,62})?$/.test(prefix))
    throw new CliError('usage', `"${prefix}" is not a prefix of names`, 'Write it like --prefix work-.');
  return prefix ?? known.settingsOf(address).prefix ?? defaultPrefix;
}

async function entries(gateway: OpenGateway, options: KubeconfigOptions): Promise<KubeconfigEntry[]> {
  const { environment } = gateway;
  const prefix = readPrefix(gateway, options);
  // exec-credential must reach the gateway too, so the CA is remembered, as it is by login.
  if (options.caFile !== undefined) gateway.known.rememberAuthority(gateway.address, readAuthority(options.caFile));
  // From now on, the gateway may be found by the context of kubectl.
  if (options.merge === true) gateway.known.remember(gateway.address, {});
  const plugin = execPlugin(options.cli, environment);
  const authority = gateway.address.scheme === 'https' ? gateway.known.authorityOf(gateway.address) : undefined;
  const again = options.caFile === undefined ? gateway : openGatewayAt(environment, gateway.address);
  return (await chosenClusters(again, options)).map((cluster) => {
    const server = `${gateway.address.origin}/clusters/${cluster}`;
    return { name: `${prefix}${cluster}`, server, authority, command: plugin.command, args: plugin.args(server) };
  });
}

async function printRoles(environment: Environment, options: KubeconfigOptions): Promise<void> {
  const { config } = await loadGatewayConfig(environment, options.config);
  const wanted = namedClusters(options);
  const chosen = config.clusters.filter(({ name }) => wanted === undefined || wanted.includes(name));
  if (chosen.length === 0)
    throw new CliError(
      'usage',
      'the configuration does not contain this cluster',
      `It contains: ${config.clusters.map(({ name }) => name).join(', ') || 'none'}.`,
    );
  const { text, warnings } = clusterRoleText(chosen);
  for (const warning of warnings) environment.stderr.write(`Warning: ${forTerminal(warning)}\n`);
  await writeResult(
    environment,
    options.output,
    { items: chosen.map((cluster) => ({ cluster: cluster.name, role: clusterRole(cluster).role })) },
    () => text,
  );
}

export async function writeKubeconfig(environment: Environment, options: KubeconfigOptions): Promise<void> {
  if (options.rbac === true) return printRoles(environment, options);
  const gateway = await openGateway(environment, options);
  const made = await entries(gateway, options);
  if (options.merge !== true) {
    const { text } = mergeEntries('', made, 'the new kubeconfig');
    return writeResult(environment, options.output, parse(text), () => text);
  }
  const file = kubeconfigFiles(environment)[0]!;
  const { current, notes } = updateKubeconfig(file, (text) => mergeEntries(text, made, file));
  if (options.prefix !== undefined) gateway.known.remember(gateway.address, { prefix: options.prefix });
  for (const note of notes) environment.stderr.write(`Note: ${forTerminal(note)}\n`);
  const contexts = made.map(({ name }) => name);
  const hint = contexts.includes(current)
    ? ''
    : `To use one of them, run: kubectl config use-context ${shellWord(contexts[0] ?? '')}\n`;
  return writeResult(
    environment,
    options.output,
    { file, contexts, currentContext: current },
    () => `Wrote ${contexts.join(', ')} to ${forTerminal(file)}.\n${hint}`,
  );
}
