import type { Command } from 'commander';
import { createdServiceAccountSchema } from '@sallyport/contracts/answers';
import { readAnswer } from '../gateway/read-answer.ts';
import {
  fetchServiceAccounts,
  findServiceAccountId,
  isUnused,
  serviceAccountColumns,
  serviceAccountsPath,
} from '../agents/list-service-accounts.ts';
import { checkAccountName } from '../agents/check-account-name.ts';
import { newSecretFile } from '../files/write-file.ts';
import { readSpan } from '../input/read-span.ts';
import type { Environment } from '../environment/environment.ts';
import { noteUnrecorded } from '../gateway/expect-ok.ts';
import { callAsUser, openGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { isData, render } from '../terminal/output.ts';
import { readableTime, withTimes } from '../terminal/times.ts';
import { type ListOptions, writeList } from '../terminal/table.ts';
import { addNameCommands } from './service-account-names.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { listFormats, withExample, withGateway } from './command-kit.ts';

const times = ['createdAt', 'expiresAt', 'lastUsedAt'] as const;

type CreateOptions = GatewayOptions & { groups?: string[]; for?: string; out?: string };

async function create(environment: Environment, name: string, options: CreateOptions): Promise<void> {
  checkAccountName(name);
  const { groups = [] } = options;
  if (groups.length === 0)
    throw new CliError(
      'usage',
      '--groups is missing',
      'Name its groups, which the policy and RBAC know, like --groups ci.',
    );
  if (options.for === undefined)
    throw new CliError('usage', '--for is missing', 'Say for how long it is needed, like --for 90d; at most a year.');
  const lifetimeMs = readSpan(options.for, '--for');
  const file = options.out === undefined ? undefined : newSecretFile(environment, options.out, '--out');
  const gateway = await openGateway(environment, options);
  const json = { name, groups, lifetimeMs };
  const { token, serviceAccount } = readAnswer(
    createdServiceAccountSchema,
    await callAsUser(gateway, { method: 'POST', path: serviceAccountsPath, json }),
    'the service account',
  );
  file?.write(`${token}\n`);
  environment.stderr.write(
    `${forTerminal(serviceAccount.user)} is in ${forTerminal(serviceAccount.groups.join(', '))} until ${readableTime(serviceAccount.expiresAt)}.\n`,
  );
  const data = {
    serviceAccount: withTimes(serviceAccount, times),
    ...(file ? { written: [file.file] } : { token }),
  };
  environment.stdout.write(
    await render(options.output, data, () => (file ? `Wrote ${forTerminal(file.file)}.\n` : `${token}\n`)),
  );
  if (!file && options.output === 'text')
    environment.stderr.write('The line above is the token. It is shown only this once.\n');
}

type AccountListOptions = GatewayOptions & ListOptions & { all?: boolean; unused?: string };

async function list(environment: Environment, options: AccountListOptions): Promise<void> {
  const unusedMs = options.unused === undefined ? undefined : readSpan(options.unused, '--unused');
  const gateway = await openGateway(environment, options);
  const { serviceAccounts } = await fetchServiceAccounts(gateway, options.all === true);
  const rows = serviceAccounts.filter((one) => unusedMs === undefined || isUnused(one, unusedMs, environment.now()));
  await writeList(
    environment,
    {
      rows,
      columns: serviceAccountColumns(environment.now()),
      name: ({ id }) => id,
      data: { serviceAccounts: rows.map((one) => withTimes(one, times)) },
      none: 'There is no service account.\n',
    },
    options,
  );
}

async function revoke(environment: Environment, texts: readonly string[], options: GatewayOptions): Promise<void> {
  const gateway = await openGateway(environment, options);
  // All of them are known before the first one ends.
  const ids: string[] = [];
  for (const text of texts) ids.push(await findServiceAccountId(gateway, text));
  for (const id of ids) {
    const path = `${serviceAccountsPath}/${encodeURIComponent(id)}`;
    noteUnrecorded(environment, await callAsUser(gateway, { method: 'DELETE', path }));
    if (!isData(options.output)) environment.stdout.write(`Revoked service account ${forTerminal(id)}.\n`);
  }
  if (isData(options.output)) environment.stdout.write(await render(options.output, { revoked: ids }, () => ''));
}

const each = (value: string, before: string[] | undefined) => [...(before ?? []), ...value.split(',').filter(Boolean)];

/** `sallyport service-account create|list|revoke`, and the commands of names. */
export function addServiceAccount(program: Command, environment: Environment): void {
  const account = program.command('service-account').description('give programs an identity of their own, with an end');
  const creating = account
    .command('create')
    .description('create a service account, and show its token once')
    .argument('<name>', 'what it is called: small letters, digits and dashes')
    .option('--groups <names>', 'its groups, from your own; can be repeated', each)
    .option('--for <time>', 'for how long, such as 90d; at most a year')
    .option('--out <file>', 'write the token to this new file, readable only by you, instead of showing it')
    .action((name: string, options: CreateOptions) => create(environment, name, options));
  withExample(withGateway(creating), 'sallyport service-account create deployer --groups ci --for 90d --out token');
  const listing = account
    .command('list')
    .description('list the service accounts that you have made')
    .option('--all', 'include those of all makers, if the gateway allows it')
    .option('--unused <time>', 'only those that were not used for this long, such as 30d')
    .action((options: AccountListOptions) => list(environment, options));
  withExample(withGateway(listing, listFormats), 'sallyport service-account list --all --unused 30d');
  const revoking = account
    .command('revoke')
    .description('end service accounts at once, and their open streams within a second')
    .argument('<service-account...>', 'names, or ids from "service-account list", or their first characters')
    .action((texts: string[], options: GatewayOptions) => revoke(environment, texts, options));
  withExample(withGateway(revoking), 'sallyport service-account revoke deployer');
  addNameCommands(account, environment);
  withExample(
    account,
    'sallyport service-account create deployer --groups ci --for 90d',
    'sallyport service-account list',
  );
}
