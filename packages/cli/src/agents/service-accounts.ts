import { callApi } from '../gateway/call-api.ts';
import { type ServiceAccountView } from '@sallyport/contracts/answers';
import { dayMs } from '@sallyport/contracts/text';
import { newSecretFile } from '../files/write-file.ts';
import { readSpan } from '../input/read-span.ts';
import type { Environment } from '../environment/environment.ts';
import { openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { usageError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import { readableTime, withTimes } from '../terminal/times.ts';
import { type ListOptions, writeList, type Column } from '../terminal/table.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { isLabel } from '../input/names.ts';
import { isWholeId, resolveId } from '../input/resolve-id.ts';
import { revokeEach } from './revoke-each.ts';

const serviceAccountsPath = '/.sallyport/api/v1/service-accounts';
/** One that ends within this time needs a successor. */
const soonMs = 14 * dayMs;

/** Lists the service accounts that the user has made, or those of all makers. */
async function fetchServiceAccounts(gateway: OpenGateway, all: boolean) {
  const query = { all: all ? 'true' : undefined };
  return callApi(gateway, 'GET /service-accounts', 'the service accounts', { query });
}

/** Returns the id of a service account by its name, its id or the beginning of its id. */
async function findServiceAccountId(gateway: OpenGateway, text: string): Promise<string> {
  if (isWholeId(text)) return text;
  const own = await fetchServiceAccounts(gateway, false);
  const { serviceAccounts } = own.maySeeAll === true ? await fetchServiceAccounts(gateway, true) : own;
  const named = serviceAccounts.find(({ name }) => name === text);
  return (
    named?.id ??
    resolveId(text, {
      kind: 'service account',
      listedBy: `sallyport service-account list${own.maySeeAll === true ? ' --all' : ''}`,
      entries: serviceAccounts.map(({ id, name, maker }) => ({ id, about: `${name}, made by ${maker}` })),
    })
  );
}

/** Reports whether a service account was not used for this long. One that was never used counts from its creation. */
const isUnused = ({ lastUsedAt, createdAt }: ServiceAccountView, forMs: number, now: number): boolean =>
  now - (lastUsedAt ?? createdAt) >= forMs;

function serviceAccountColumns(now: number): Column<ServiceAccountView>[] {
  return [
    { name: 'NAME', cell: ({ name }) => name },
    { name: 'SERVICE-ACCOUNT', cell: ({ id }) => id, shrinks: true },
    { name: 'GROUPS', cell: ({ groups }) => groups.join(','), shrinks: true },
    { name: 'MAKER', cell: ({ maker }) => maker, shrinks: true },
    { name: 'LAST-USED', cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? 'never' : readableTime(lastUsedAt)) },
    {
      name: 'UNTIL',
      cell: ({ expiresAt }) => readableTime(expiresAt),
      tone: ({ expiresAt }) => (expiresAt - now < soonMs ? 'warning' : undefined),
    },
    { name: 'USER', cell: ({ user }) => user, wide: true },
  ];
}

/** Throws a CliError for what cannot be the name of a service account. */
export function checkAccountName(name: string): void {
  if (!isLabel(name))
    throw usageError(`"${name}" cannot be the name of a service account`, 'Use small letters, digits and dashes.');
}

const times = ['createdAt', 'expiresAt', 'lastUsedAt'] as const;

export type CreateAccountOptions = GatewayOptions & { groups?: string[]; for?: string; out?: string };

export async function createServiceAccount(
  environment: Environment,
  name: string,
  options: CreateAccountOptions,
): Promise<void> {
  checkAccountName(name);
  const { groups = [] } = options;
  if (groups.length === 0)
    throw usageError('--groups is missing', 'Name its groups, which the policy and RBAC know, like --groups ci.');
  if (options.for === undefined)
    throw usageError('--for is missing', 'Say for how long it is needed, like --for 90d; at most a year.');
  const lifetimeMs = readSpan(options.for, '--for');
  const file = options.out === undefined ? undefined : newSecretFile(environment, options.out, '--out');
  const gateway = await openGateway(environment, options);
  const { token, serviceAccount } = await callApi(gateway, 'POST /service-accounts', 'the service account', {
    json: { name, groups: [...groups], lifetimeMs },
  });
  file?.write(`${token}\n`);
  environment.stderr.write(
    `${forTerminal(serviceAccount.user)} is in ${forTerminal(serviceAccount.groups.join(', '))} until ${readableTime(serviceAccount.expiresAt)}.\n`,
  );
  const data = {
    serviceAccount: withTimes(serviceAccount, times),
    ...(file ? { written: [file.file] } : { token }),
  };
  await writeResult(environment, options.output, data, () =>
    file ? `Wrote ${forTerminal(file.file)}.\n` : `${token}\n`,
  );
  if (!file && options.output === 'text')
    environment.stderr.write('The line above is the token. It is shown only this once.\n');
}

export type AccountListOptions = GatewayOptions & ListOptions & { all?: boolean; unused?: string };

export async function listServiceAccounts(environment: Environment, options: AccountListOptions): Promise<void> {
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

export async function revokeServiceAccounts(
  environment: Environment,
  texts: readonly string[],
  options: GatewayOptions,
): Promise<void> {
  const gateway = await openGateway(environment, options);
  // All of them are known before the first one ends.
  const ids: string[] = [];
  for (const text of texts) ids.push(await findServiceAccountId(gateway, text));
  await revokeEach(gateway, { kind: 'service account', path: serviceAccountsPath, ids }, options);
}
