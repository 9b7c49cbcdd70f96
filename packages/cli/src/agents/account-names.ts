import { callApi } from '../gateway/call-api.ts';
import { requestOf } from '@sallyport/contracts/api';
import { type AuditRow, type AssignedName } from '@sallyport/contracts/answers';
import { checkAccountName } from './service-accounts.ts';
import type { Environment } from '../environment/environment.ts';
import { callAsUser, openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { isData, writeResult } from '../terminal/output.ts';
import { readableTime, withTimes } from '../terminal/times.ts';
import { type ListOptions, writeList } from '../terminal/table.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { at, text, userOf } from '../audit/trail/trail-columns.ts';
import { auditPages, fetchAuditPage } from '../audit/trail/read-pages.ts';
import { fieldOf, parseJson } from '../input/untrusted.ts';
import { CliError } from '../terminal/cli-error.ts';

const prefix = 'service-account:';

/** A name in the audit trail, with the account that had it first. */
type NameInTrail = { name: string; uid: string; user: string };

/** Returns every event of a type, the oldest first. */
async function eventsOf(gateway: OpenGateway, filters: Record<string, string>): Promise<AuditRow[]> {
  const query = new URLSearchParams({ order: 'oldest', limit: '1000', ...filters });
  const events: AuditRow[] = [];
  for await (const page of auditPages(gateway, query)) {
    if (page.scope !== 'all')
      throw new CliError(
        'refused',
        'you see only a part of the audit trail',
        'Ask someone whom api.policy.audit allows to see all of it.',
      );
    events.push(...page.events);
  }
  return events;
}

const detailOf = (row: AuditRow): unknown => parseJson(text(at(row, 'sallyport', 'detail')));

/** Returns the name in an event about an account: of a request that it made, or of the notice that it ends. */
const nameIn = (row: AuditRow): string | undefined =>
  [userOf(row), text(at(row, 'sallyport', 'detail')).split(' ')[0]!]
    .find((one) => one.startsWith(prefix))
    ?.slice(prefix.length);

/** Finds the name of an account by what it did: older versions of the gateway did not record it with its creation. */
async function findName(gateway: OpenGateway, session: string): Promise<string | undefined> {
  for (const type of ['k8s.request', 'http.request', 'service_account.expiring']) {
    const { events } = await fetchAuditPage(gateway, new URLSearchParams({ session, type, limit: '1' }));
    const name = events.map(nameIn).find((one) => one !== undefined);
    if (name !== undefined) return name;
  }
  return undefined;
}

/**
 * Reads from the audit trail who first had each name of a service account. A name that was released since then is left
 * out. `unknown` counts the accounts whose name is nowhere in the trail: they never made a request.
 */
async function namesInTrail(gateway: OpenGateway): Promise<{ names: NameInTrail[]; unknown: number }> {
  const released = new Map<string, string>();
  for (const row of await eventsOf(gateway, { type: 'service_account.name.released' }))
    released.set(text(fieldOf(detailOf(row), 'name')), row.time);
  const names = new Map<string, NameInTrail>();
  let unknown = 0;
  for (const row of await eventsOf(gateway, { type: 'service_account.created' })) {
    const [uid, user] = [text(at(row, 'user', 'uid')), userOf(row)];
    const recorded = text(fieldOf(detailOf(row), 'name'));
    const name = recorded === '' ? await findName(gateway, text(at(row, 'sallyport', 'sessionId'))) : recorded;
    if (name === undefined || uid === '' || user === '') unknown += 1;
    else if (!names.has(name) && !(row.time <= (released.get(name) ?? ''))) names.set(name, { name, uid, user });
  }
  return { names: [...names.values()], unknown };
}

/** How many names one call takes. */
const batch = 25;

export async function listNames(environment: Environment, options: GatewayOptions & ListOptions & { all?: boolean }) {
  const gateway = await openGateway(environment, options);
  const query = { all: options.all === true ? 'true' : undefined };
  const { names } = await callApi(gateway, 'GET /service-account-names', 'the names', { query });
  await writeList(
    environment,
    {
      rows: names,
      columns: [
        { name: 'NAME', cell: ({ name }) => name },
        { name: 'HOLDER', cell: ({ holder }) => holder, shrinks: true },
        { name: 'SINCE', cell: ({ since }) => readableTime(since) },
        { name: 'IN-USE', cell: ({ inUse }) => (inUse ? 'yes' : 'no') },
      ],
      name: ({ name }) => name,
      data: { names: names.map((one) => withTimes(one, ['since'])) },
      none: 'There is no name.\n',
    },
    options,
  );
}

export async function releaseNames(
  environment: Environment,
  names: readonly string[],
  options: GatewayOptions,
): Promise<void> {
  for (const name of names) checkAccountName(name);
  const gateway = await openGateway(environment, options);
  for (const name of names) {
    await callAsUser(gateway, requestOf('DELETE /service-account-names/:name', { params: { name } }));
    if (!isData(options.output)) environment.stdout.write(`Released ${forTerminal(name)}. Anyone can have it now.\n`);
  }
  if (isData(options.output)) await writeResult(environment, options.output, { released: names }, () => '');
}

async function assign(gateway: OpenGateway, names: readonly NameInTrail[]): Promise<AssignedName[]> {
  const assigned: AssignedName[] = [];
  for (let from = 0; from < names.length; from += batch) {
    const json = { names: names.slice(from, from + batch) };
    assigned.push(...(await callApi(gateway, 'POST /service-account-names', 'the names', { json })).names);
  }
  return assigned;
}

export async function seedNames(environment: Environment, options: GatewayOptions & ListOptions): Promise<void> {
  const gateway = await openGateway(environment, options);
  const found = await namesInTrail(gateway);
  const firstOf = new Map(found.names.map(({ name, user }) => [name, user]));
  const names = (await assign(gateway, found.names)).map((one) => ({ ...one, first: firstOf.get(one.name) ?? '' }));
  await writeList(
    environment,
    {
      rows: names,
      columns: [
        { name: 'NAME', cell: ({ name }) => name },
        { name: 'HOLDER', cell: ({ holder }) => holder, shrinks: true },
        { name: 'FIRST-MAKER', cell: ({ first }) => first, shrinks: true },
        {
          name: 'RESULT',
          cell: ({ outcome }) => outcome,
          tone: ({ outcome }) => (outcome === 'of-another' ? 'warning' : undefined),
        },
      ],
      name: ({ name }) => name,
      data: { names, unknown: found.unknown },
      none: 'The audit trail has no name of a service account.\n',
    },
    options,
  );
  if (found.unknown > 0 && !isData(options.output))
    environment.stderr.write(`The trail does not have the names of ${found.unknown} accounts: they made no request.\n`);
}
