import { isLabel, splitNames } from '../input/names.ts';
import { parse } from 'yaml';
import { fetchClusters, openGateway, openGatewayAt, type OpenGateway } from '../gateway/open-gateway.ts';
import { namedAuthority, type AuthorityOptions } from '../gateway/ca-fingerprint.ts';
import { execPlugin, type KubeconfigEntry } from './kubeconfig-entry.ts';
import { kubeconfigFiles } from '../kubectl/read-kubeconfigs.ts';
import { CliError, usageError } from '../terminal/cli-error.ts';
import { forTerminal, shellWord } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { clusterRole, clusterRoleText } from '../cluster/account/cluster-role.ts';
import { loadGatewayConfig } from '../config/load-gateway-config.ts';
import { mergeEntries } from './merge-entries.ts';
import { closeSync, openSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readIfThere } from '../home/home.ts';
import { makeDirectory, fileFault, writeFileAtomically } from '../files/write-file.ts';

const kubeconfigFault = (file: string, error: unknown) =>
  fileFault(
    file,
    error,
    'Check the owner and the mode of the file and its directory, or name another file in KUBECONFIG.',
  );

const realFile = (file: string) => {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
};

/** Rewrites a kubeconfig in one step, with mode 0600, under the lock that kubectl uses too (`<file>.lock`). */
function updateKubeconfig<T extends { text: string }>(file: string, change: (text: string) => T): T {
  const lock = `${file}.lock`;
  try {
    makeDirectory(path.dirname(file));
    closeSync(openSync(lock, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw kubeconfigFault(file, error);
    throw new CliError(
      'local-file',
      `${file} is locked: another program is changing it`,
      `Try again. If no kubectl is running, delete ${lock}.`,
    );
  }
  try {
    const changed = change(readIfThere(file) ?? '');
    writeFileAtomically(realFile(file), changed.text, { sync: true });
    return changed;
  } catch (error) {
    throw error instanceof CliError ? error : kubeconfigFault(file, error);
  } finally {
    rmSync(lock, { force: true });
  }
}

export type KubeconfigOptions = GatewayOptions &
  AuthorityOptions & {
    cluster?: string;
    merge?: boolean;
    offline?: boolean;
    cli?: string;
    prefix?: string;
    rbac?: boolean;
    config?: string;
  };

function namedClusters(options: KubeconfigOptions): string[] | undefined {
  const names = options.cluster === undefined ? undefined : splitNames(options.cluster);
  const wrong = names?.find((name) => !isLabel(name));
  if (wrong !== undefined)
    throw usageError(`"${wrong}" is not the name of a cluster`, 'Write --cluster dev, or --cluster dev,prod.');
  return names;
}

async function chosenClusters(gateway: OpenGateway, options: KubeconfigOptions): Promise<string[]> {
  const wanted = namedClusters(options);
  if (options.offline === true) {
    if (wanted === undefined || wanted.length === 0)
      throw usageError(
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

/** The beginning of the names of entries: the option, or the user's choice for this gateway before. */
function readPrefix({ known, address }: OpenGateway, { prefix }: KubeconfigOptions): string {
  if (prefix !== undefined && !/^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,62})?$/.test(prefix))
    throw usageError(`"${prefix}" is not a prefix of names`, 'Write it like --prefix work-.');
  return prefix ?? known.settingsOf(address).prefix ?? defaultPrefix;
}

async function entries(gateway: OpenGateway, options: KubeconfigOptions): Promise<KubeconfigEntry[]> {
  const { environment } = gateway;
  const prefix = readPrefix(gateway, options);
  // exec-credential must reach the gateway too, so the CA is remembered, as it is by login.
  if (options.offline === true && options.caFingerprint !== undefined)
    throw usageError('--offline cannot be combined with --ca-fingerprint', 'Give the CA itself, with --ca-file.');
  const named = await namedAuthority(environment, gateway.address, options);
  if (named !== undefined) gateway.known.rememberAuthority(gateway.address, named);
  // From now on, the gateway may be found by the context of kubectl.
  if (options.merge === true) gateway.known.remember(gateway.address, {});
  const plugin = execPlugin(options.cli, environment);
  const authority = gateway.address.scheme === 'https' ? gateway.known.authorityOf(gateway.address) : undefined;
  const again = named === undefined ? gateway : openGatewayAt(environment, gateway.address);
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
    throw usageError(
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
