import path from 'node:path';
import { clusterRole, type ImpersonateSettings } from './cluster-role.ts';
import type { Environment } from '../../environment/environment.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { startSpinner } from '../../terminal/progress.ts';
import {
  accountObjects,
  accountReferences,
  madeForCluster,
  rememberedSettings,
  tokenSecretName,
  type AccountPlace,
} from './account-objects.ts';
import { readSecretToken, requestToken, type AccountToken } from './account-token.ts';
import { applyAccount, planAccount, rightsFor, type AccountPlan } from './apply-account.ts';
import {
  clusterFiles,
  entryText,
  prepareDirectory,
  refuseOtherFiles,
  refuseOtherToken,
  writeClusterFile,
} from './cluster-files.ts';
import { createKubeClient, type KubeClient } from '../kube/kube-client.ts';
import { objectName, readObject } from './kube-objects.ts';
import { openKubeconfig, type OpenKubeconfig } from '../kube/open-kubeconfig.ts';
import { requireRights, type Right } from '../kube/require-rights.ts';
import { shellWord } from '../../terminal/for-terminal.ts';
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('0.0.0.0', 'ipv4');
loopback.addAddress('::1', 'ipv6');
loopback.addAddress('::', 'ipv6');

/** Reports whether the host of a URL can only be this machine. */
function isLoopback(address: string): boolean {
  const host = new URL(address).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const version = isIP(host);
  if (version !== 0) return loopback.check(host, version === 6 ? 'ipv6' : 'ipv4');
  // The name that Docker Desktop writes into kubeconfigs.
  return host === 'localhost' || host.endsWith('.localhost') || host === 'kubernetes.docker.internal';
}

/** What `cluster add` is asked to do. */
export type AddRequest = {
  place: AccountPlace;
  /** What is not given stays as it was set by an earlier run. At first, every group is allowed. */
  groups?: readonly string[] | undefined;
  allowSystem?: readonly string[] | undefined;
  kubeconfig: string;
  context?: string | undefined;
  server?: string | undefined;
  out?: string | undefined;
  force: boolean;
  token: 'bound' | 'secret';
  lifetimeMs: number;
};

type Impersonate = ImpersonateSettings['impersonate'];

/** What `cluster add` did. */
export type Added = {
  changes: { object: string; change: AccountPlan[number]['change'] }[];
  entry: ReturnType<typeof entryOf>;
  ca: string | undefined;
  token: AccountToken;
  /** Files that had the same content already are not written. */
  files: { file: string; written: boolean }[];
  warnings: string[];
};

function warningsOf({ place, server }: AddRequest, opened: OpenKubeconfig, impersonate: Impersonate): string[] {
  const address = server ?? opened.access.server;
  const { warning } = clusterRole({ name: place.cluster, impersonate });
  return [
    ...(warning === undefined ? [] : [`${warning}, with --groups`]),
    ...(isLoopback(address)
      ? [`${address} is an address of this machine only. Give the one that the gateway can reach with --server`]
      : []),
    ...(opened.proxy === undefined || server !== undefined
      ? []
      : [
          `the kubeconfig reaches the cluster through the proxy ${opened.proxy}, and a gateway uses none. If the gateway cannot reach ${address} directly, give another address with --server`,
        ]),
  ];
}

const tokenRight = ({ place: { namespace, account }, token }: AddRequest): Right =>
  token === 'bound'
    ? { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token', name: account, namespace }
    : { verb: 'get', group: '', resource: 'secrets', name: tokenSecretName(account), namespace };

async function makeAccount(
  environment: Environment,
  client: KubeClient,
  request: AddRequest,
  context: string,
  impersonate: Impersonate,
): Promise<{ changes: Added['changes']; token: AccountToken; warnings: string[] }> {
  const { place } = request;
  const plan = await planAccount(client, accountObjects(place, impersonate, request.token), place.cluster);
  await requireRights(client, [...rightsFor(plan), tokenRight(request)], context);
  await applyAccount(client, plan);
  const token =
    request.token === 'bound'
      ? await requestToken(client, place, request.lifetimeMs)
      : await readSecretToken(environment, client, place);
  return {
    changes: plan.map(({ object, change }) => ({ object: objectName(object), change })),
    token,
    warnings: request.token === 'bound' ? await warnOfSecret(client, place) : [],
  };
}

/** Warns if an earlier run made a token that does not expire. A user who may not see Secrets gets no warning. */
async function warnOfSecret(client: KubeClient, { namespace, account }: AccountPlace): Promise<string[]> {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: tokenSecretName(account), namespace } };
  try {
    if ((await readObject(client, secret)) === undefined) return [];
  } catch (error) {
    if (error instanceof CliError && error.exit === 'refused') return [];
    throw error;
  }
  return [
    `the ${objectName(secret)} of an earlier run has a token that does not expire. Once nothing uses it, run: kubectl delete secret ${shellWord(secret.metadata.name)} -n ${shellWord(namespace)}`,
  ];
}

/** The names that the gateway may impersonate: as given, or else as in an earlier run. */
export async function settleImpersonate(
  client: KubeClient,
  { place, groups, allowSystem }: Pick<AddRequest, 'place' | 'groups' | 'allowSystem'>,
): Promise<Impersonate> {
  if (groups && allowSystem) return { groups, allowSystem };
  const reference = accountReferences(place).find(({ kind }) => kind === 'ClusterRole')!;
  const role = await readObject(client, reference);
  const isOurs = role !== undefined && madeForCluster(role) === place.cluster;
  const before = isOurs ? rememberedSettings(role) : undefined;
  // A role must not become wider because the options were forgotten.
  if (isOurs && !before && !groups)
    throw new CliError(
      'refused',
      `the ${objectName(role)} does not say for which groups it was made`,
      'Name them with --groups.',
    );
  return { groups: groups ?? before?.groups ?? ['*'], allowSystem: allowSystem ?? before?.allowSystem ?? [] };
}

/** Returns the entry of the cluster in sallyport.yaml. Its policy allows nothing until rules are written. */
function entryOf(
  { place, server }: AddRequest,
  opened: OpenKubeconfig,
  { groups, allowSystem }: Impersonate,
  files: ReturnType<typeof clusterFiles>,
) {
  return {
    name: place.cluster,
    server: server ?? opened.access.server,
    caFile: opened.ca === undefined ? undefined : files.ca,
    serverName: opened.serverName,
    tokenFile: files.token,
    impersonate: { groups, allowSystem: allowSystem.length === 0 ? undefined : allowSystem },
    policy: [],
  };
}

/** Makes the gateway's account in a cluster, and what the gateway's configuration needs. */
export async function runAdd(environment: Environment, request: AddRequest): Promise<Added> {
  const { place, out, force } = request;
  const opened = await openKubeconfig(environment, request);
  const client = createKubeClient(opened.access, environment);
  const spinner = await startSpinner(environment, `Making the gateway's account in ${opened.access.server}`);
  try {
    const impersonate = await settleImpersonate(client, request);
    const directory = out === undefined ? undefined : path.resolve(environment.workingDirectory, out);
    const files = clusterFiles(place.cluster, directory);
    const entry = entryOf(request, opened, impersonate, files);
    const ca = opened.ca === undefined ? [] : [{ file: files.ca, text: opened.ca }];
    const fixed = [{ file: files.entry, text: entryText(entry) }, ...ca];
    if (directory !== undefined && !force) {
      refuseOtherFiles(fixed);
      refuseOtherToken(files.token, `system:serviceaccount:${place.namespace}:${place.account}`);
    }
    const open = directory && prepareDirectory(directory, environment.platform);
    const made = await makeAccount(environment, client, request, opened.context, impersonate);
    const planned = directory ? [...fixed, { file: files.token, text: `${made.token.token}\n` }] : [];
    return {
      ...made,
      entry,
      ca: opened.ca,
      files: planned.map((one) => ({ file: one.file, written: writeClusterFile(one) })),
      warnings: [...warningsOf(request, opened, impersonate), ...made.warnings, ...(open === undefined ? [] : [open])],
    };
  } finally {
    spinner.stop();
  }
}
