import { Option, type Command } from 'commander';
import type { ReplayOptions } from '../policy/replay/run-replay.ts';
import { exitCodes } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withGateway } from './command-kit.ts';

/** `sallyport policy replay`. */
export function addPolicyReplay(policy: Command, environment: Environment): void {
  const code = exitCodes['policy-differs'];
  const command = policy
    .command('replay')
    .description('evaluate recorded requests by a proposed policy: who would gain or lose access, and by which rule')
    .argument('[file...]', 'files of audit events, one per line; - for standard input')
    .option('--config <file>', 'the proposed sallyport.yaml (default: SALLYPORT_CONFIG, then ./sallyport.yaml)')
    .option(
      '--policy <file>',
      'instead of --config: a proposed policy document that replaces all policies of a cluster',
    )
    .option('--cluster <name>', 'with --policy: the cluster')
    .option(
      '--kafka [brokers]',
      'read the audit topic from these brokers (default: those in audit.kafka of the configuration)',
    )
    .option('--topic <name>', 'the audit topic', 'sallyport.audit.v1')
    .option('--from-store', 'read the audit store through the gateway, as the user who is logged in')
    .option('--since <time>', 'earliest time: how long ago (15m, 2h, 7d), or a time')
    .option('--until <time>', 'latest time')
    .option('--examples <count>', 'number of examples for each change', '3')
    .option('--fail-on-loss', `exit with code ${code} if anyone would lose access`)
    .option('--fail-on-gain', `exit with code ${code} if anyone would gain access`)
    .option(
      '--fail-on-inconclusive',
      `exit with code ${code} if events do not record what the policy asks of a request`,
    )
    .addOption(new Option('--fail-on-unjudged').hideHelp())
    .action(async (files: string[], options: ReplayOptions) => {
      const { policyReplay } = await import('../policy/replay/run-replay.ts');
      await policyReplay(environment, files, options);
    });
  withExample(
    withGateway(command),
    'sallyport policy replay audit.ndjson --config proposed.yaml',
    'sallyport policy replay --from-store --since 7d --policy dev.yaml --cluster dev --fail-on-loss',
  );
}
