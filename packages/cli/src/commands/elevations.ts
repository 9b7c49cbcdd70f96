import { Option, type Command } from 'commander';
import type { ElevationView } from '@sallyport/contracts/answers';
import { remindOfReviews } from '../elevation/break-glass.ts';
import {
  listElevations,
  listToReview,
  readElevation,
  resolveElevationId,
  sendElevation,
} from '../elevation/call-elevations.ts';
import {
  describeElevation,
  describeState,
  elevationColumns,
  elevationData,
  reviewColumns,
} from '../elevation/describe-elevation.ts';
import { readSpan } from '../input/read-span.ts';
import type { Environment } from '../environment/environment.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { render } from '../terminal/output.ts';
import { type ListOptions, writeList } from '../terminal/table.ts';
import { addElevationsReport } from './elevations-report.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { listFormats, withExample, withGateway } from './command-kit.ts';
import { addReview } from './review-elevation.ts';

type Reasoned = GatewayOptions & { reason?: string };

type Listing = GatewayOptions & ListOptions & { all?: boolean; toReview?: boolean };

function noneOf({ all, toReview }: Listing): string {
  if (toReview === true) return 'Nothing waits for your review.\n';
  return all === true ? 'There is no elevation.\n' : 'There is no open elevation.\n';
}

async function list(environment: Environment, options: Listing) {
  const gateway = await openGateway(environment, options);
  const toReview = options.toReview === true;
  const { elevations, omitted } = toReview
    ? await listToReview(gateway)
    : await listElevations(gateway, options.all === true);
  await writeList(
    environment,
    {
      rows: elevations,
      columns: toReview ? reviewColumns() : elevationColumns(elevations),
      name: ({ id }) => id,
      data: { elevations: elevations.map(elevationData), omitted },
      none: noneOf(options),
    },
    options,
  );
  if (omitted > 0) environment.stderr.write(`${omitted} ${toReview ? 'more' : 'older ones'} are not listed.\n`);
  const overdue = elevations.filter(({ may, review }) => may.includes('review') && review?.overdue === true).length;
  if (toReview && overdue > 0)
    environment.stderr.write(`Warning: ${overdue === 1 ? '1 review is' : `${overdue} reviews are`} overdue.\n`);
  else if (options.output === 'text') remindOfReviews(environment, elevations);
}

async function show(environment: Environment, id: string, options: GatewayOptions) {
  const gateway = await openGateway(environment, options);
  const found = await readElevation(gateway, await resolveElevationId(gateway, id));
  environment.stdout.write(
    await render(options.output, { elevation: elevationData(found) }, () => describeElevation(found)),
  );
}

async function report(environment: Environment, elevation: ElevationView, options: GatewayOptions) {
  const { id, name, user, cluster, unrecorded } = elevation;
  environment.stdout.write(
    await render(
      options.output,
      { elevation: elevationData(elevation) },
      () => `${forTerminal(`${name} of ${user} on ${cluster} ${describeState(elevation)} (${id}).`)}\n`,
    ),
  );
  if (unrecorded) environment.stderr.write('The audit log could not be reached. It gets this step later.\n');
}

const steps = {
  approve: 'approve a request of another person',
  deny: 'deny a request of another person',
  withdraw: 'withdraw your own request before it is decided',
  revoke: 'end an elevation at once, and the streams that use it within a second',
} as const;

function addStep(elevations: Command, environment: Environment, step: keyof typeof steps): void {
  const command = elevations
    .command(step)
    .description(steps[step])
    .argument('<elevation>', 'the id from "elevations list", or its first characters')
    .option('--reason <text>', 'why, for the audit trail')
    .action(async (text: string, options: Reasoned) => {
      const gateway = await openGateway(environment, options);
      const id = await resolveElevationId(gateway, text);
      const { reason } = options;
      const done = await sendElevation(gateway, `/${id}/${step}`, reason === undefined ? {} : { reason });
      await report(environment, done, options);
    });
  withExample(withGateway(command), `sallyport elevations ${step} 5f0c6a1e`);
}

function addExtend(elevations: Command, environment: Environment): void {
  const command = elevations
    .command('extend')
    .description('ask the same approvers for more time, once')
    .argument('<elevation>', 'the id of your active elevation, or its first characters')
    .requiredOption('--for <time>', 'how much longer, such as 15m')
    .option('--reason <text>', 'why, for those who approve and for the audit trail')
    .action(async (text: string, options: Reasoned & { for: string }) => {
      const durationMs = readSpan(options.for, '--for');
      const gateway = await openGateway(environment, options);
      const id = await resolveElevationId(gateway, text);
      const { reason } = options;
      const json = { durationMs, ...(reason === undefined ? {} : { reason }) };
      await report(environment, await sendElevation(gateway, `/${id}/extend`, json), options);
    });
  withExample(withGateway(command), 'sallyport elevations extend 5f0c6a1e --for 15m --reason "not done yet"');
}

/** `sallyport elevations list|show|approve|deny|withdraw|revoke|extend|review|report`. */
export function addElevations(program: Command, environment: Environment): void {
  const elevations = program.command('elevations').description('list elevations, and decide about them');
  const listing = elevations
    .command('list')
    .description('list your open elevations, and those that you may decide about')
    .option('--all', 'include those that are over')
    .addOption(new Option('--to-review', 'only what you have to review, by when it is due').conflicts('all'))
    .action((options: Listing) => list(environment, options));
  withExample(
    withGateway(listing, listFormats),
    'sallyport elevations list',
    'sallyport elevations list --all -o wide',
    'sallyport elevations list --to-review',
  );
  const showing = elevations
    .command('show')
    .description('show one elevation')
    .argument('<elevation>', 'the id from "elevations list", or its first characters')
    .action((id: string, options: GatewayOptions) => show(environment, id, options));
  withExample(withGateway(showing), 'sallyport elevations show 5f0c6a1e');
  for (const step of Object.keys(steps) as (keyof typeof steps)[]) addStep(elevations, environment, step);
  addExtend(elevations, environment);
  addReview(elevations, environment);
  addElevationsReport(elevations, environment);
  withExample(elevations, 'sallyport elevations list', 'sallyport elevations approve 5f0c6a1e');
}
