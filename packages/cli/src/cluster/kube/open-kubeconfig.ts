import path from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { readNamedFile } from '../../files/read-file.ts';
import type { Environment } from '../../environment/environment.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { startSpinner } from '../../terminal/progress.ts';
import type { KubeAccess } from './kube-client.ts';
import { shellWord } from '../../terminal/for-terminal.ts';

/** One context of a kubeconfig: how to reach its cluster, and what of it a gateway needs. */
export type OpenKubeconfig = {
  access: KubeAccess;
  context: string;
  /** The CA of the cluster in PEM. Undefined if the kubeconfig names none. */
  ca: string | undefined;
  serverName: string | undefined;
  /** The proxy between this machine and the cluster, without its password. */
  proxy: string | undefined;
};

const longestReason = 300;

function parse(config: KubeConfig, file: string): void {
  const text = readNamedFile(file);
  try {
    config.loadFromString(text);
    config.makePathsAbsolute(path.dirname(file));
  } catch {
    // The message of the parser repeats lines of the file, which has credentials.
    throw new CliError(
      'local-file',
      `${file} is not a kubeconfig`,
      `To see what is wrong, run: kubectl config view --kubeconfig ${shellWord(file)}`,
    );
  }
}

function chooseContext(config: KubeConfig, file: string, wanted: string | undefined): string {
  const names = (config.getContexts() ?? []).map(({ name }) => name);
  const name = wanted ?? config.getCurrentContext();
  const all = names.length === 0 ? 'It has none.' : `It has: ${names.join(', ')}.`;
  if (!name) throw usageError(`${file} has no current context`, `Name one with --context. ${all}`);
  if (!names.includes(name)) throw usageError(`${file} has no context "${name}"`, all);
  config.setCurrentContext(name);
  return name;
}

function chooseCluster(config: KubeConfig, file: string, context: string) {
  const fault = (message: string, hint: string) =>
    new CliError('local-file', `${file}: the context "${context}" ${message}`, hint);
  const cluster = config.getCurrentCluster();
  if (!cluster?.server) throw fault('names no cluster of the file', 'Correct the file, or name another --context.');
  if (!config.getCurrentUser())
    throw fault('names no user of the file', 'Correct the file, or name another --context.');
  if (!URL.canParse(cluster.server) || new URL(cluster.server).protocol !== 'https:')
    throw fault('has a server that is not https', 'The credential would be sent in clear text. Use the https address.');
  if (cluster.skipTLSVerify)
    throw fault(
      'sets insecure-skip-tls-verify, so no one knows which server answers',
      'Set the CA of the cluster instead (certificate-authority).',
    );
  return cluster;
}

/** Returns the error for a credential that cannot be had, such as that of an exec plugin. */
function credentialFault(file: string, context: string, error: unknown): CliError {
  const { code, path: program, message } = error as NodeJS.ErrnoException;
  const missing = code === 'ENOENT' && program !== undefined;
  const last = (message ?? '').trim().split('\n').at(-1) ?? '';
  return new CliError(
    'local-file',
    `${file}: there is no credential for the context "${context}": ${missing ? `${program} does not exist` : last.slice(0, longestReason) || 'the plugin failed'}`,
    `Check that this works: kubectl --kubeconfig ${shellWord(file)} --context ${shellWord(context)} auth whoami`,
    { cause: error },
  );
}

const withoutPassword = (address: string) =>
  URL.canParse(address) ? `${new URL(address).protocol}//${new URL(address).host}` : 'a proxy';

/**
 * Opens a context of a kubeconfig, and runs its exec plugin if there is one. Throws a CliError that says what to correct.
 */
export async function openKubeconfig(
  environment: Environment,
  names: { kubeconfig: string; context?: string | undefined },
): Promise<OpenKubeconfig> {
  const file = path.resolve(environment.workingDirectory, names.kubeconfig);
  const { KubeConfig: Config, bufferFromFileOrString } = await import('@kubernetes/client-node/dist/config.js');
  const config = new Config();
  parse(config, file);
  const context = chooseContext(config, file, names.context);
  const cluster = chooseCluster(config, file, context);
  const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = {};
  const spinner = await startSpinner(environment, `Waiting for the credential of ${context}`);
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw credentialFault(file, context, error);
  } finally {
    spinner.stop();
  }
  const basic: Record<string, string> =
    options.auth == null ? {} : { authorization: `Basic ${Buffer.from(options.auth).toString('base64')}` };
  return {
    access: {
      server: cluster.server,
      tls: {
        ca: options.ca as Buffer | undefined,
        cert: options.cert as Buffer | undefined,
        key: options.key as Buffer | undefined,
        servername: cluster.tlsServerName,
      },
      headers: { ...(options.headers as Record<string, string> | undefined), ...basic },
      agent: options.agent === false ? undefined : options.agent,
      authoritySetIn: `certificate-authority in ${file}`,
    },
    context,
    ca: bufferFromFileOrString(cluster.caFile, cluster.caData)?.toString('utf8'),
    serverName: cluster.tlsServerName,
    proxy: cluster.proxyUrl === undefined ? undefined : withoutPassword(cluster.proxyUrl),
  };
}
