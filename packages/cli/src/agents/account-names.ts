import { readAnswer } from '../gateway/read-answer.ts';
import { assignedNamesSchema, heldNamesSchema, type AssignedName } from '@sallyport/contracts/answers';
import { checkAccountName } from './check-account-name.ts';
import { namesInTrail, type NameInTrail } from './names-in-trail.ts';
import type { Environment } from '../environment/environment.ts';
import { callAsUser, openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { isData, writeResult } from '../terminal/output.ts';
import { readableTime, withTimes } from '../terminal/times.ts';
import { type ListOptions, writeList } from '../terminal/table.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';

const path = '/.sallyport/api/v1/service-account-names';
/** How many names one call takes. */
const batch = 25;

export async function listNames(environment: Environment, options: GatewayOptions & ListOptions & { all?: boolean }) {
  const gateway = await openGateway(environment, options);
  const answer = await callAsUser(gateway, { method: 'GET', path: options.all === true ? `${path}?all=true` : path });
  const { names } = readAnswer(heldNamesSchema, answer, 'the names');
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
    await callAsUser(gateway, { method: 'DELETE', path: `${path}/${name}` });
    if (!isData(options.output)) environment.stdout.write(`Released ${forTerminal(name)}. Anyone can have it now.\n`);
  }
  if (isData(options.output)) await writeResult(environment, options.output, { released: names }, () => '');
}

async function assign(gateway: OpenGateway, names: readonly NameInTrail[]): Promise<AssignedName[]> {
  const assigned: AssignedName[] = [];
  for (let from = 0; from < names.length; from += batch) {
    const json = { names: names.slice(from, from + batch) };
    const answer = await callAsUser(gateway, { method: 'POST', path, json });
    assigned.push(...readAnswer(assignedNamesSchema, answer, 'the names').names);
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
