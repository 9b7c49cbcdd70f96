import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../environment/environment.ts';
import { gatewayAddress, serverAddress, type GatewayAddress } from '../input/gateway-address.ts';
import { kubeconfigFiles, pluginContexts, type PluginContext } from '../kubectl/read-kubeconfigs.ts';
import { firstOnPath, isExecutable } from '../kubectl/program-on-path.ts';
import { CliError } from '../terminal/cli-error.ts';
import { failed, ok, warning, type Check } from './check.ts';
import { shellWord } from '../terminal/for-terminal.ts';
import { execFile } from 'node:child_process';
import { devNull } from 'node:os';
import { promisify } from 'node:util';
import { fieldOf } from '../input/untrusted.ts';

const versionLimitMs = 5000;
/** The first version with client.authentication.k8s.io/v1, in which kubeconfigs are written here. */
const oldestMinor = 22;

/**
 * Returns the version that kubectl says it has. It gets no kubeconfig, because a kubectl that starts another one by the
 * version of the cluster (that of the Google Cloud CLI) would ask the current cluster first, and wait for a login.
 */
async function versionOf(file: string, { env, workingDirectory }: Environment): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(file, ['version', '--client', '-o', 'json'], {
      env: { ...env, KUBECONFIG: devNull },
      cwd: workingDirectory,
      timeout: versionLimitMs,
      killSignal: 'SIGKILL',
      maxBuffer: 65_536,
      windowsHide: true,
    });
    const version = fieldOf(fieldOf(JSON.parse(stdout), 'clientVersion'), 'gitVersion');
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Checks that kubectl is installed, runs, and can get its credential from this program. */
export async function checkKubectl(environment: Environment): Promise<Check> {
  const file = firstOnPath('kubectl', environment);
  if (file === undefined)
    return failed(
      'kubectl',
      'kubectl is not in your PATH',
      'Install it (https://kubernetes.io/docs/tasks/tools), or add its directory to PATH.',
    );
  const version = await versionOf(file, environment);
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version ?? '') ?? [];
  if (version === undefined || major === undefined)
    return failed(
      'kubectl',
      `${file} does not say its version`,
      `To see why, run: ${shellWord(file)} version --client`,
    );
  if (Number(major) === 1 && Number(minor) < oldestMinor)
    return failed(
      'kubectl',
      `${version} (${file}) does not know client.authentication.k8s.io/v1, with which it gets its credential`,
      `Update kubectl to version 1.${oldestMinor} or newer.`,
    );
  return ok('kubectl', `${version} (${file}), which knows client.authentication.k8s.io/v1`);
}

const name = 'kubeconfig';

/** Says how to write the entries of a gateway anew. `address` is the gateway that the command finds by itself. */
function mergeHint(gateway: string | undefined, address: GatewayAddress | undefined): string {
  const named = gateway === undefined || gateway === address?.origin ? '' : ` --gateway ${shellWord(gateway)}`;
  return `To write the entry anew, run: sallyport kubeconfig --merge${named}`;
}

function commandFault({ command }: PluginContext, environment: Environment): string | undefined {
  if (!path.isAbsolute(command))
    return firstOnPath(command, environment) === undefined ? `starts ${command}, which is not in your PATH` : undefined;
  if (!existsSync(command)) return `starts ${command}, which does not exist`;
  return isExecutable(command, environment.platform) ? undefined : `starts ${command}, which cannot be executed`;
}

/** Returns where the plugin gets the credential, and where kubectl sends it. Throws a CliError. */
function addressesOf({ args, server }: PluginContext): { from: GatewayAddress; asked: string; sent: string } {
  const [asked = '', option, named] = args.slice(args.indexOf('exec-credential') + 1);
  const cluster = serverAddress(asked);
  return {
    from: option === '--gateway' && named !== undefined ? gatewayAddress(named) : cluster,
    asked: cluster.origin,
    sent: typeof server === 'string' && URL.canParse(server) ? new URL(server).origin : 'no server',
  };
}

/** Checks one context. `gateway` is absent if it leads to another gateway. */
function checkContext(context: PluginContext, environment: Environment): { fault?: string; gateway?: string } {
  try {
    const { from, asked, sent } = addressesOf(context);
    if (asked !== sent)
      return { fault: `gets a credential for ${asked}, but its server is ${sent}`, gateway: from.origin };
    if (context.apiVersion !== 'client.authentication.k8s.io/v1')
      return { fault: 'does not use client.authentication.k8s.io/v1', gateway: from.origin };
    const fault = commandFault(context, environment);
    return { ...(fault === undefined ? {} : { fault }), gateway: from.origin };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { fault: `does not name a cluster behind a gateway: ${error.message}` };
  }
}

/** Checks the contexts of kubectl that get their credential from this program. */
export async function checkKubeconfig(environment: Environment, address: GatewayAddress | undefined): Promise<Check[]> {
  const files = kubeconfigFiles(environment);
  const { contexts, faults } = await pluginContexts(files);
  const checks = contexts.map((context) => ({ context, ...checkContext(context, environment) }));
  const wrong = checks.flatMap(({ context, fault, gateway }) =>
    fault === undefined
      ? []
      : [failed(`${name} ${context.name}`, `the context ${context.name} ${fault}`, mergeHint(gateway, address))],
  );
  const unreadable = faults.map((fault) =>
    failed(name, fault, 'Correct the file, or name another one in KUBECONFIG. kubectl cannot use it either.'),
  );
  const own = checks.filter(({ gateway, fault }) => fault === undefined && gateway === address?.origin);
  if (own.length > 0)
    return [
      ...unreadable,
      ok(name, `kubectl reaches the gateway with ${own.map(({ context }) => context.name).join(', ')}`),
      ...wrong,
    ];
  if (address === undefined || wrong.length > 0 || unreadable.length > 0) return [...unreadable, ...wrong];
  return [
    warning(
      name,
      `kubectl has no context for ${address.origin} (${files.join(', ')})`,
      'To write one for each of your clusters, run: sallyport kubeconfig --merge',
    ),
  ];
}
