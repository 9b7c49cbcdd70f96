import { Option, type Command } from 'commander';
import { resolveElevationId, sendElevation } from '../elevation/call-elevations.ts';
import { elevationData, placeOf } from '../elevation/describe-elevation.ts';
import type { Environment } from '../environment/environment.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { render } from '../terminal/output.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { withExample, withGateway } from './command-kit.ts';

type Options = GatewayOptions & { comment: string; verdict: 'justified' | 'unjustified' };

async function review(environment: Environment, text: string, options: Options): Promise<void> {
  const gateway = await openGateway(environment, options);
  const { comment, verdict } = options;
  const id = await resolveElevationId(gateway, text);
  const done = await sendElevation(gateway, `/${id}/review`, { verdict, comment });
  environment.stdout.write(
    await render(
      options.output,
      { elevation: elevationData(done) },
      () => `${forTerminal(`${done.name} of ${done.user} on ${placeOf(done)} is reviewed as ${verdict} (${id}).`)}\n`,
    ),
  );
  if (verdict === 'unjustified' && done.state === 'active')
    environment.stderr.write(`It is still active. To end it, run: sallyport elevations revoke ${id}\n`);
  if (done.unrecorded) environment.stderr.write('The audit log could not be reached. It gets this step later.\n');
}

/** `sallyport elevations review`. */
export function addReview(elevations: Command, environment: Environment): void {
  const command = elevations
    .command('review')
    .description('review what another person did with an elevation, such as break-glass')
    .argument('<elevation>', 'the id from "elevations list --to-review", or its first characters')
    .requiredOption('--comment <text>', 'what you found, for the audit trail')
    .addOption(
      new Option('--verdict <verdict>', 'whether it was justified')
        .choices(['justified', 'unjustified'])
        .default('justified'),
    )
    .action((text: string, options: Options) => review(environment, text, options));
  withExample(
    withGateway(command),
    'sallyport elevations review 5f0c6a1e --comment "INC-7: restarted the shop, nothing else"',
    'sallyport elevations review 5f0c6a1e --verdict unjustified --comment "no incident at that time"',
  );
}
