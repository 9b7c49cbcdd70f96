import { Option, type Command } from 'commander';
import type { StepOptions } from '../elevation/decide.ts';
import type { Environment } from '../environment/environment.ts';
import {
  lazily,
  listFormats,
  withExample,
  withGateway,
  withGatewayNames,
  withList,
  withPage,
  withReportFormat,
} from './command-kit.ts';

/** Where the gateway has the pages of elevations. */
const elevationsPage = '/.sallyport/elevations';

/** `sallyport elevate`. */
export function addElevate(program: Command, environment: Environment): void {
  const command = program
    .command('elevate')
    .description(
      'ask for more rights on a cluster for a limited time, and wait until they are approved; without a name, list what you may ask for',
    )
    .argument('[name]', 'the name of the elevation')
    .option('--cluster <name>', "the cluster (default: that of kubectl's current context)")
    .option('-n, --namespace <name>', 'only in this namespace; some elevations need one')
    .option('--for <time>', 'for how long, such as 30m')
    .option('--reason <text>', 'why, for those who approve and for the audit trail')
    .option('--ticket <id>', 'the ticket that this is about')
    .option('--at <time>', 'begin at this time, such as 2026-11-01T08:00:00Z, instead of at the approval')
    .option('--no-wait', 'do not wait for the approval')
    .option('--dry-run', 'only show what it would change and who approves, and ask for nothing')
    .action(
      lazily(
        environment,
        async () => (await import('../elevation/elevate.ts')).elevate,
        (name) => (name === undefined ? elevationsPage : `${elevationsPage}/new/${encodeURIComponent(name)}`),
      ),
    );
  withExample(
    withPage(withGateway(command, listFormats)),
    'sallyport elevate',
    'sallyport elevate prod-admin --cluster prod-eu --for 30m --reason "the shop is down"',
    'sallyport elevate prod-admin --cluster prod-eu --dry-run',
    'sallyport elevate break-glass --cluster prod-eu --namespace shop --for 15m --reason "on call" --no-wait -o json',
  );
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
    .action(async (text: string, options: StepOptions) =>
      (await import('../elevation/decide.ts')).takeStep(environment, step, text, options),
    );
  withExample(withGateway(command), `sallyport elevations ${step} 5f0c6a1e`);
}

function addExtend(elevations: Command, environment: Environment): void {
  const command = elevations
    .command('extend')
    .description('ask the same approvers for more time, once')
    .argument('<elevation>', 'the id of your active elevation, or its first characters')
    .option('--for <time>', 'how much longer, such as 15m')
    .option('--reason <text>', 'why, for those who approve and for the audit trail')
    .action(lazily(environment, async () => (await import('../elevation/decide.ts')).extendElevation));
  withExample(withGateway(command), 'sallyport elevations extend 5f0c6a1e --for 15m --reason "not done yet"');
}

/** `sallyport elevations review`. */
function addReview(elevations: Command, environment: Environment): void {
  const command = elevations
    .command('review')
    .description('review what another person did with an elevation, such as break-glass')
    .argument('<elevation>', 'the id from "elevations list --to-review", or its first characters')
    .option('--reason <text>', 'what you found, for the audit trail')
    // Its name before it was the same for all commands.
    .addOption(new Option('--comment <text>').hideHelp().conflicts('reason'))
    .addOption(
      new Option('--verdict <verdict>', 'whether it was justified')
        .choices(['justified', 'unjustified'])
        .default('justified'),
    )
    .action(lazily(environment, async () => (await import('../elevation/decide.ts')).reviewElevation));
  withExample(
    withGateway(command),
    'sallyport elevations review 5f0c6a1e --reason "INC-7: restarted the shop, nothing else"',
    'sallyport elevations review 5f0c6a1e --verdict unjustified --reason "no incident at that time"',
  );
}

/** `sallyport elevations report`. */
function addElevationsReport(elevations: Command, environment: Environment): void {
  const report = elevations
    .command('report')
    .description('show from the audit trail who had which elevation, why, who approved it, and what it was used for')
    .option(
      '--from <time>',
      'the beginning of the period: how long ago (2h, 7d), today, yesterday, 09:30, or a time',
      '30d',
    )
    .option('--to <time>', 'the end of the period')
    .option('--cluster <name>', 'only on this cluster')
    .option('--user <name>', 'only of this user')
    .action(lazily(environment, async () => (await import('../audit/report/run-elevation-report.ts')).elevationReport));
  withExample(
    withGatewayNames(withReportFormat(report)),
    'sallyport elevations report --from 90d --cluster prod-eu',
    'sallyport elevations report --from 2026-10-01 --to 2026-11-01 -o csv',
  );
}

/** `sallyport elevations list|show|approve|deny|withdraw|revoke|extend|review|report`. */
export function addElevations(program: Command, environment: Environment): void {
  const elevations = program.command('elevations').description('list elevations, and decide about them');
  const listing = elevations
    .command('list')
    .description('list your open elevations, and those that you may decide about')
    .option('--all', 'include those that are over')
    .addOption(new Option('--to-review', 'only what you have to review, by when it is due').conflicts('all'))
    .action(
      lazily(
        environment,
        async () => (await import('../elevation/decide.ts')).listElevations,
        () => elevationsPage,
      ),
    );
  withExample(
    withPage(withList(listing)),
    'sallyport elevations list',
    'sallyport elevations list --all -o wide',
    'sallyport elevations list --to-review',
  );
  const showing = elevations
    .command('show')
    .description('show one elevation')
    .argument('<elevation>', 'the id from "elevations list", or its first characters')
    .action(lazily(environment, async () => (await import('../elevation/decide.ts')).showElevation));
  withExample(
    withPage(withGateway(showing)),
    'sallyport elevations show 5f0c6a1e',
    'sallyport elevations show 5f0c6a1e --web',
  );
  for (const step of Object.keys(steps) as (keyof typeof steps)[]) addStep(elevations, environment, step);
  addExtend(elevations, environment);
  addReview(elevations, environment);
  addElevationsReport(elevations, environment);
  withExample(elevations, 'sallyport elevations list', 'sallyport elevations approve 5f0c6a1e');
}

/** `sallyport notifications list|retry`. */
export function addNotifications(program: Command, environment: Environment): void {
  const notifications = program
    .command('notifications')
    .description('list notifications of elevations and service accounts that were not sent, and send them again');
  const listing = notifications
    .command('list')
    .description('list the notifications that a channel has not taken yet, or not at all')
    .action(lazily(environment, async () => (await import('../elevation/notifications.ts')).listFailed));
  withExample(withList(listing), 'sallyport notifications list', 'sallyport notifications list -o wide');
  const retrying = notifications
    .command('retry')
    .description('send again what was given up')
    .option('--channel <name>', 'only what this channel did not take')
    .option('--elevation <id>', 'only what is about this elevation')
    .action(lazily(environment, async () => (await import('../elevation/notifications.ts')).retryNotifications));
  withExample(withGateway(retrying), 'sallyport notifications retry --channel oncall');
  withExample(notifications, 'sallyport notifications list', 'sallyport notifications retry');
}
