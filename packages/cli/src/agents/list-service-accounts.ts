import { readAnswer } from '../gateway/read-answer.ts';
import { serviceAccountsSchema, type ServiceAccountView } from '@sallyport/contracts/answers';
import { callAsUser, type OpenGateway } from '../gateway/open-gateway.ts';
import { isWholeId, resolveId } from '../input/resolve-id.ts';
import { readableTime } from '../terminal/times.ts';
import type { Column } from '../terminal/table.ts';

export const serviceAccountsPath = '/.sallyport/api/v1/service-accounts';
/** One that ends within this time needs a successor. */
const soonMs = 14 * 86_400_000;

/** Lists the service accounts that the user has made, or those of all makers. */
export async function fetchServiceAccounts(gateway: OpenGateway, all: boolean) {
  const path = all ? `${serviceAccountsPath}?all=true` : serviceAccountsPath;
  return readAnswer(serviceAccountsSchema, await callAsUser(gateway, { method: 'GET', path }), 'the service accounts');
}

/** Returns the id of a service account by its name, its id or the beginning of its id. */
export async function findServiceAccountId(gateway: OpenGateway, text: string): Promise<string> {
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
export const isUnused = ({ lastUsedAt, createdAt }: ServiceAccountView, forMs: number, now: number): boolean =>
  now - (lastUsedAt ?? createdAt) >= forMs;

/** Returns the columns of a list of service accounts. */
export function serviceAccountColumns(now: number): Column<ServiceAccountView>[] {
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
