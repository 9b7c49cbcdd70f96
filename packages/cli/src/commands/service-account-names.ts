import type { Command } from 'commander';
import { assignedNamesSchema, heldNamesSchema, type AssignedName } from '@sallyport/contracts/answers';
import { readAnswer } from '../gateway/read-answer.ts';
import { checkAccountName } from '../agents/check-account-name.ts';
import { namesInTrail, type NameInTrail } from '../agents/names-in-trail.ts';
import type { Environment } from '../environment/environment.ts';
import { callAsUser, openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { isData, render } from '../terminal/output.ts';
import { readableTime, withTimes } from '../terminal/times.ts';
import { type ListOptions, writeList } from '../terminal/table.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { listFormats, withExample, withGateway } from './command-kit.ts';

const path = '/.sallyport/api/v1/service-account-names';
/** How many names one call takes. */
const batch = 25;

async function list(environment: Environment, options: GatewayOptions & ListOptions & { all?: boolean }) {
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

async function release(environment: Environment, names: readonly string[], options: GatewayOptions): Promise<void> {
  for (const name of names) checkAccountName(name);
  const gateway = await openGateway(environment, options);
  for (const name of names) {
    await callAsUser(gateway, { method: 'DELETE', path: `${path}/${name}` });
    if (!isData(options.output)) environment.stdout.write(`Released ${forTerminal(name)}. Anyone can have it now.\n`);
  }
  if (isData(options.output)) environment.stdout.write(await render(options.output, { released: names }, () => ''));
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

async function seed(environment: Environment, options: GatewayOptions & ListOptions): Promise<void> {
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

/** `sallyport service-account names|release|seed-names`. */
export function addNameCommands(account: Command, environment: Environment): void {
  const listing = account
    .command('names')
    .description('list the names that belong to you, those of accounts that have ended included')
    .option('--all', 'include those of all holders, if the gateway allows it')
    .action((options: GatewayOptions & ListOptions & { all?: boolean }) => list(environment, options));
  withExample(withGateway(listing, listFormats), 'sallyport service-account names');
  const releasing = account
    .command('release')
    .description('free names that no account has any more, so that anyone can create one with them')
    .argument('<name...>', 'names from "service-account names"')
    .action((names: string[], options: GatewayOptions) => release(environment, names, options));
  withExample(withGateway(releasing), 'sallyport service-account release deployer');
  const seeding = account
    .command('seed-names')
    .description('give the names in the audit trail to those who first had them, once after an upgrade')
    .action((options: GatewayOptions & ListOptions) => seed(environment, options));
  withExample(withGateway(seeding, listFormats), 'sallyport service-account seed-names');
}
