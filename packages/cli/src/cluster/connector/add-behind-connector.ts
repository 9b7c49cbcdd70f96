import { createPrivateKey } from 'node:crypto';
import path from 'node:path';
import { makeConnectorKey, publicKeyText } from '@sallyport/connector/key';
import { stringify } from 'yaml';
import type { Environment } from '../../environment/environment.ts';
import { fieldOf, textOf } from '../../input/untrusted.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import { writeResult, type OutputFormat } from '../../terminal/output.ts';
import { startSpinner } from '../../terminal/progress.ts';
import {
  accountObjects,
  madeForCluster,
  readPlace,
  type AccountOptions,
  type AccountPlace,
  type AdminOptions,
  type KubeObject,
} from '../account/account-objects.ts';
import { impersonateOf } from '../account/add-cluster.ts';
import { applyAccount, planAccount, rightsFor } from '../account/apply-account.ts';
import {
  clusterFiles,
  prepareDirectory,
  refuseOtherFiles,
  writeClusterFile,
  type PlannedFile,
} from '../account/cluster-files.ts';
import { clusterRole } from '../account/cluster-role.ts';
import {
  connectorName,
  connectorObjects,
  connectorReferences,
  ownServer,
  type ConnectorSettings,
} from '../account/connector-objects.ts';
import { objectName, readObject } from '../account/kube-objects.ts';
import { settleImpersonate } from '../account/run-add.ts';
import { createKubeClient, type KubeClient } from '../kube/kube-client.ts';
import { openKubeconfig } from '../kube/open-kubeconfig.ts';
import { requireRights } from '../kube/require-rights.ts';
import { readGateway, type GatewayOptions } from './read-gateway.ts';

export type ConnectorOptions = AccountOptions &
  AdminOptions &
  GatewayOptions & {
    output: OutputFormat;
    groups?: string;
    allowSystem?: string;
    server?: string;
    token?: string;
    out?: string;
    force?: boolean;
    dryRun?: boolean;
  };

type Impersonate = { groups: readonly string[]; allowSystem: readonly string[] };

/** Returns everything that the cluster needs: the gateway's account, and the connector that may give it tokens. */
function allObjects(place: AccountPlace, impersonate: Impersonate, settings: ConnectorSettings): KubeObject[] {
  const account = accountObjects(place, impersonate, 'bound').map((object) =>
    object.kind === 'Namespace'
      ? {
          ...object,
          metadata: {
            ...object.metadata,
            labels: { ...object.metadata.labels, 'pod-security.kubernetes.io/enforce': 'restricted' },
          },
        }
      : object,
  );
  return [...account, ...connectorObjects(place, settings)];
}

/** Returns the entries of sallyport.yaml. The policy allows nothing until rules are written. */
function entriesOf({ cluster }: AccountPlace, { groups, allowSystem }: Impersonate, publicKey: string, ca: string) {
  return {
    connectors: [{ name: cluster, publicKeys: [publicKey] }],
    clusters: [
      {
        name: cluster,
        connector: cluster,
        server: `https://${ownServer}`,
        caFile: ca,
        credential: 'connector',
        impersonate: { groups, allowSystem: allowSystem.length === 0 ? undefined : allowSystem },
        policy: [],
      },
    ],
  };
}

const entriesText = (entries: object) =>
  `# Add this to sallyport.yaml. Its policy allows nothing until you write rules.\n${stringify(entries, { lineWidth: 0 })}`;

/** Says that the gateway may impersonate every group, if that is so. */
function warnOfGroups({ stderr }: Environment, { cluster }: AccountPlace, impersonate: Impersonate): void {
  const { warning } = clusterRole({ name: cluster, impersonate });
  // A comment for those who paste the entries below it.
  if (warning !== undefined) stderr.write(`# Warning: ${forTerminal(warning)}, with --groups.\n`);
}

const getCa = (file: string) =>
  `kubectl get configmap kube-root-ca.crt -n default -o 'jsonpath={.data.ca\\.crt}' > ${file}`;

/** Returns the key of an earlier run, or a new one. The gateway knows the old one. */
async function keepKey(client: KubeClient, place: AccountPlace): Promise<string> {
  const reference = connectorReferences(place).find(({ kind }) => kind === 'Secret')!;
  const stored = await readObject(client, reference);
  if (stored === undefined || madeForCluster(stored) !== place.cluster) return makeConnectorKey().privateKey;
  const pem = Buffer.from(textOf(fieldOf(stored['data'], 'private.pem')), 'base64').toString('utf8');
  try {
    createPrivateKey(pem);
    return pem;
  } catch (error) {
    throw new CliError(
      'refused',
      `the ${objectName(stored)} has no key of a connector in private.pem`,
      'Delete it and run the command again. The gateway then needs the new public key.',
      { cause: error },
    );
  }
}

/** Reads the authority that signs the API server's certificate for pods. */
async function readPodCa(client: KubeClient): Promise<string | undefined> {
  const metadata = { name: 'kube-root-ca.crt', namespace: 'default' };
  const stored = await readObject(client, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
  return stored === undefined ? undefined : textOf(fieldOf(stored['data'], 'ca.crt')) || undefined;
}

/** Creates the directory of --out, if there is one. */
function openDirectory(environment: Environment, options: ConnectorOptions): string | undefined {
  if (options.out === undefined) return undefined;
  const directory = path.resolve(environment.workingDirectory, options.out);
  const warning = prepareDirectory(directory, environment.platform);
  if (warning !== undefined) environment.stderr.write(`Warning: ${forTerminal(warning)}.\n`);
  return directory;
}

/** Writes files. Returns what to say about it. */
function writeFiles(files: readonly PlannedFile[]): string[] {
  return files.map((one) => (writeClusterFile(one) ? `Wrote ${forTerminal(one.file)}.\n` : ''));
}

/** Finds what is to be done in the cluster, and what the gateway needs to know. Changes nothing. */
async function plan(
  client: KubeClient,
  options: ConnectorOptions,
  place: AccountPlace,
  gateway: Omit<ConnectorSettings, 'privateKey'>,
) {
  const impersonate = await settleImpersonate(client, { place, ...impersonateOf(options) });
  const privateKey = await keepKey(client, place);
  const steps = await planAccount(client, allObjects(place, impersonate, { ...gateway, privateKey }), place.cluster);
  const publicKey = publicKeyText(createPrivateKey(privateKey));
  return { steps, impersonate, publicKey, podCa: await readPodCa(client) };
}

/** Makes the connector in the cluster that a kubeconfig names. What exists already stays as it is. */
async function apply(
  environment: Environment,
  options: ConnectorOptions & { kubeconfig: string },
  place: AccountPlace,
  gateway: Omit<ConnectorSettings, 'privateKey'>,
): Promise<void> {
  const opened = await openKubeconfig(environment, options);
  const client = createKubeClient(opened.access, environment);
  const spinner = await startSpinner(environment, `Making a connector in ${opened.access.server}`);
  const directory = openDirectory(environment, options);
  const files = clusterFiles(place.cluster, directory);
  try {
    const { steps, impersonate, publicKey, podCa: ca = opened.ca } = await plan(client, options, place, gateway);
    const entries = entriesOf(place, impersonate, publicKey, files.ca);
    const texts = [{ file: files.entry, text: entriesText(entries) }];
    if (ca !== undefined) texts.push({ file: files.ca, text: ca });
    if (directory !== undefined && options.force !== true) refuseOtherFiles(texts);
    await requireRights(client, rightsFor(steps), opened.context);
    await applyAccount(client, steps);
    spinner.stop();
    warnOfGroups(environment, place, impersonate);
    const changes = steps.map(({ object, change }) => ({ object: objectName(object), change }));
    const lines = changes.map(({ object, change }) => `  ${change.padEnd(9)}  ${forTerminal(object)}\n`);
    const written = directory === undefined ? [] : writeFiles(texts);
    await writeResult(environment, options.output, { changes, ...entries, ca }, () =>
      directory === undefined
        ? `${lines.map((line) => `# ${line}`).join('')}${entriesText(entries)}${ca === undefined ? `# ${getCa(files.ca)}\n` : `\n# The content of ${files.ca}:\n${ca.trim()}\n`}`
        : `${lines.join('')}${written.join('')}Add the entries in ${forTerminal(files.entry)} to sallyport.yaml, with a policy. The Deployment ${place.namespace}/${connectorName(place)} is ready once the gateway knows its key.\n`,
    );
  } finally {
    spinner.stop();
  }
}

/** Prints what to apply, with a new key. The entries for the gateway go to standard error: what is printed can be piped. */
async function print(
  environment: Environment,
  options: ConnectorOptions,
  place: AccountPlace,
  gateway: Omit<ConnectorSettings, 'privateKey'>,
): Promise<void> {
  const { groups = ['*'], allowSystem = [] } = impersonateOf(options);
  const impersonate = { groups, allowSystem };
  warnOfGroups(environment, place, impersonate);
  const { privateKey, publicKey } = makeConnectorKey();
  const items = allObjects(place, impersonate, { ...gateway, privateKey });
  const text = items.map((item) => stringify(item, { lineWidth: 0 })).join('---\n');
  const directory = openDirectory(environment, options);
  const files = clusterFiles(place.cluster, directory);
  const entries = entriesOf(place, impersonate, publicKey, files.ca);
  if (directory !== undefined) {
    const manifest = { file: path.join(directory, `${place.cluster}-connector.yaml`), text };
    const planned = [manifest, { file: files.entry, text: entriesText(entries) }];
    if (options.force !== true) refuseOtherFiles(planned);
    const written = writeFiles(planned);
    return writeResult(environment, options.output, { files: [manifest.file, files.entry] }, () =>
      [...written, `Apply ${forTerminal(manifest.file)}, which has a secret. Then run:\n  ${getCa(files.ca)}\n`].join(
        '',
      ),
    );
  }
  if (options.output === 'text')
    environment.stderr.write(`${entriesText(entries)}# To get ${files.ca}, run:\n#   ${getCa(files.ca)}\n`);
  await writeResult(environment, options.output, { items, ...entries }, () => text);
}

/** `sallyport cluster add --connector`: prints what makes the cluster reachable, or applies it with `--kubeconfig`. */
export async function addBehindConnector(
  environment: Environment,
  name: string,
  options: ConnectorOptions,
): Promise<void> {
  const place = readPlace(name, options, 'Use lower-case letters, digits and hyphens, 63 at most.');
  if (options.server !== undefined)
    throw usageError(
      '--server and --connector exclude each other',
      `Leave out --server: the gateway reaches ${ownServer} through the connector.`,
    );
  if (options.token === 'secret')
    throw usageError(
      '--token secret and --connector exclude each other',
      'Leave out --token: the connector sends tokens of its own.',
    );
  const gateway = readGateway(environment, options);
  const { kubeconfig } = options;
  return kubeconfig === undefined || options.dryRun === true
    ? print(environment, options, place, gateway)
    : apply(environment, { ...options, kubeconfig }, place, gateway);
}
