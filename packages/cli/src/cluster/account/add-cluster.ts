import { isAllowSystem } from '@sallyport/contracts/kubernetes';
import { stringify } from 'yaml';
import { runAdd, type AddRequest, type Added } from './run-add.ts';
import { readSpan } from '../../input/read-span.ts';
import type { Environment } from '../../environment/environment.ts';
import { splitNames } from '../../input/names.ts';
import { usageError } from '../../terminal/cli-error.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import { type OutputFormat, writeResult } from '../../terminal/output.ts';
import { readableTime, rfc3339 } from '../../terminal/times.ts';
import { accountObjects, readPlace, type AccountOptions, type AdminOptions } from './account-objects.ts';
import { clusterFiles, entryText } from './cluster-files.ts';

export type AddOptions = AccountOptions &
  AdminOptions & {
    output: OutputFormat;
    groups?: string;
    allowSystem?: string;
    token: 'bound' | 'secret';
    tokenLifetime: string;
    server?: string;
    out?: string;
    force?: boolean;
    dryRun?: boolean;
  };

const shortestLifetimeMs = 600_000;

/** Reads the names that the gateway may impersonate. */
export function impersonateOf(
  options: Pick<AddOptions, 'groups' | 'allowSystem'>,
): Pick<AddRequest, 'groups' | 'allowSystem'> {
  const groups = options.groups === undefined ? undefined : splitNames(options.groups);
  const allowSystem = options.allowSystem === undefined ? undefined : splitNames(options.allowSystem);
  if (groups?.length === 0) throw usageError('--groups names no group', 'Write it like --groups developers,sre.');
  const wrong = allowSystem?.find((name) => !isAllowSystem(name));
  if (wrong !== undefined)
    throw usageError(
      `--allow-system: "${wrong}" is not an exact name that begins with system:`,
      'Write it like --allow-system system:serviceaccount:ci:deployer, or system:serviceaccount:ci:* for a namespace.',
    );
  return { groups, allowSystem };
}

function lifetimeOf({ tokenLifetime }: AddOptions): number {
  const lifetimeMs = readSpan(tokenLifetime, '--token-lifetime');
  if (lifetimeMs < shortestLifetimeMs)
    throw usageError('--token-lifetime is shorter than Kubernetes allows', 'Give 10m or more.');
  return lifetimeMs;
}

function serverOf({ server }: AddOptions): string | undefined {
  if (server === undefined) return undefined;
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw usageError(
      `"${server}" is not the https address of an API server`,
      'Write it like --server https://10.0.0.1:6443.',
    );
  return server.replace(/\/+$/, '');
}

function readRequest(name: string, options: AddOptions): Omit<AddRequest, 'kubeconfig'> {
  return {
    place: readPlace(name, options, 'Use lower-case letters, digits and hyphens, 63 at most.'),
    ...impersonateOf(options),
    context: options.context,
    server: serverOf(options),
    out: options.out,
    force: options.force === true,
    token: options.token,
    lifetimeMs: lifetimeOf(options),
  };
}

async function printObjects(environment: Environment, request: Omit<AddRequest, 'kubeconfig'>, output: OutputFormat) {
  const { groups = ['*'], allowSystem = [] } = request;
  const items = accountObjects(request.place, { groups, allowSystem }, request.token);
  await writeResult(environment, output, { items }, () =>
    items.map((item) => stringify(item, { lineWidth: 0 })).join('---\n'),
  );
}

const lifeOf = ({ token: { expiresAt } }: Added) =>
  expiresAt === undefined
    ? 'The token does not expire.'
    : `The token expires at ${readableTime(expiresAt)}. Run this command again before that, such as from a scheduled job.`;

/** Describes the changes, the entry, and the files or their contents. */
function describeAdded(name: string, added: Added): string {
  const { changes, files, entry, ca, token } = added;
  const all = changes.every(({ change }) => change === 'unchanged');
  const lines = [
    ...(all ? ['Nothing had to be changed in the cluster.'] : []),
    ...changes.map(({ object, change }) => `  ${change.padEnd(9)}  ${forTerminal(object)}`),
    lifeOf(added),
  ];
  const [first] = files;
  if (first !== undefined) {
    const written = files.filter((one) => one.written).map(({ file }) => `Wrote ${forTerminal(file)}.`);
    const next = [
      `Add the entry in ${forTerminal(first.file)} to clusters in sallyport.yaml, with a policy. Then run:`,
      '  sallyport config check',
      `  sallyport cluster check ${name}`,
    ];
    return `${[...lines, ...written, ...(first.written ? next : [])].join('\n')}\n`;
  }
  const names = clusterFiles(name);
  return `${lines.map((line) => `# ${line}`).join('\n')}
${entryText(entry)}${ca === undefined ? '' : `\n# The content of ${names.ca}:\n${ca.trim()}\n`}
# The content of ${names.token}, which is a secret:
${token.token}
`;
}

export async function addCluster(environment: Environment, name: string, options: AddOptions): Promise<void> {
  const request = readRequest(name, options);
  if (options.dryRun === true) return printObjects(environment, request, options.output);
  if (options.kubeconfig === undefined)
    throw usageError(
      '--kubeconfig is missing',
      'Name the kubeconfig of an administrator of the cluster, such as --kubeconfig ~/.kube/config.',
    );
  const added = await runAdd(environment, { ...request, kubeconfig: options.kubeconfig });
  for (const warning of added.warnings) environment.stderr.write(`Warning: ${forTerminal(warning)}.\n`);
  const { changes, entry, ca, token, files } = added;
  const text = describeAdded(name, added);
  const expires = token.expiresAt === undefined ? {} : { tokenExpiresAt: rfc3339(token.expiresAt) };
  // With --out, the token is in its file, and nowhere else.
  const secrets = files.length > 0 ? { files: files.map(({ file }) => file) } : { ca, token: token.token };
  await writeResult(environment, options.output, { changes, cluster: entry, ...expires, ...secrets }, () => text);
}
