import path from 'node:path';
import { clusterRole, type ImpersonateSettings } from '../kubeconfig/cluster-role.ts';
import type { Environment } from '../environment/environment.ts';
import { CliError } from '../terminal/cli-error.ts';
import { startSpinner } from '../terminal/spinner.ts';
import { accountObjects, tokenSecretName, type AccountPlace } from './account-objects.ts';
import { readSecretToken, requestToken, type AccountToken } from './account-token.ts';
import { applyAccount, planAccount, rightsFor, type AccountPlan } from './apply-account.ts';
import { clusterEntry, clusterFiles, entryText, type ClusterEntry } from './cluster-entry.ts';
import { createKubeClient, type KubeClient } from './kube/kube-client.ts';
import { objectName, readObject } from './kube-objects.ts';
import { openKubeconfig, type OpenKubeconfig } from './kube/open-kubeconfig.ts';
import { requireRights, type Right } from './kube/require-rights.ts';
import { isLoopback } from './is-loopback.ts';
import { prepareDirectory, refuseOtherFiles, refuseOtherToken, writeClusterFile } from './write-cluster-files.ts';

/** What `cluster add` is asked to do. */
export type AddRequest = {
  place: AccountPlace;
  impersonate: ImpersonateSettings['impersonate'];
  kubeconfig: string;
  context?: string | undefined;
  server?: string | undefined;
  out?: string | undefined;
  force: boolean;
  token: 'bound' | 'secret';
  lifetimeMs: number;
};

/** What `cluster add` did. */
export type Added = {
  changes: { object: string; change: AccountPlan[number]['change'] }[];
  entry: ClusterEntry;
  ca: string | undefined;
  token: AccountToken;
  files: string[];
  warnings: string[];
};

function warningsOf({ place, impersonate, server }: AddRequest, opened: OpenKubeconfig): string[] {
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

type Files = { entry: string; ca: string | undefined; token: string; directory: string };

/** Returns where the files go, after checking that nothing else is there. */
function planFiles(environment: Environment, request: AddRequest, out: string): Files {
  const directory = path.resolve(environment.workingDirectory, out);
  const names = clusterFiles(request.place.cluster);
  return {
    directory,
    entry: path.join(directory, names.entry),
    ca: path.join(directory, names.ca),
    token: path.join(directory, names.token),
  };
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
): Promise<{ changes: Added['changes']; token: AccountToken; warnings: string[] }> {
  const { place, impersonate } = request;
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
    `the ${objectName(secret)} of an earlier run has a token that does not expire. Once nothing uses it, run: kubectl delete secret ${secret.metadata.name} -n ${namespace}`,
  ];
}

/** Makes the gateway's account in a cluster, and what the gateway's configuration needs. */
export async function runAdd(environment: Environment, request: AddRequest): Promise<Added> {
  const { place, out } = request;
  const opened = await openKubeconfig(environment, request);
  const names = clusterFiles(place.cluster);
  const files = out === undefined ? undefined : planFiles(environment, request, out);
  const entry = clusterEntry({
    name: place.cluster,
    server: request.server ?? opened.access.server,
    caFile: opened.ca === undefined ? undefined : (files?.ca ?? names.ca),
    serverName: opened.serverName,
    tokenFile: files?.token ?? names.token,
    impersonate: request.impersonate,
  });
  const fixed =
    files === undefined
      ? []
      : [
          { file: files.entry, text: entryText(entry) },
          ...(opened.ca === undefined ? [] : [{ file: files.ca!, text: opened.ca }]),
        ];
  if (files !== undefined && !request.force) {
    refuseOtherFiles(fixed);
    refuseOtherToken(files.token, `system:serviceaccount:${place.namespace}:${place.account}`);
  }
  const spinner = await startSpinner(environment, `Making the gateway's account in ${opened.access.server}`);
  try {
    const made = await makeAccount(environment, createKubeClient(opened.access), request, opened.context);
    const warnings = [...warningsOf(request, opened), ...made.warnings];
    if (files === undefined) return { ...made, entry, ca: opened.ca, files: [], warnings };
    const warning = prepareDirectory(files.directory, environment.platform);
    const written = [...fixed, { file: files.token, text: `${made.token.token}\n` }];
    for (const file of written) writeClusterFile(file);
    return {
      ...made,
      entry,
      ca: opened.ca,
      files: written.map(({ file }) => file),
      warnings: [...warnings, ...(warning === undefined ? [] : [warning])],
    };
  } finally {
    spinner.stop();
  }
}
