import type { Command } from 'commander';
import type { ReplayOptions } from '../policy/replay/replay-options.ts';
import { exitCodes } from '../terminal/exit-codes.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withGateway } from './command-kit.ts';

/** `sallyport policy replay`. */
export function addPolicyReplay(policy: Command, environment: Environment): void {
  const code = exitCodes['policy-differs'];
  const command = policy
    .command('replay')
    .description(
      'judge recorded requests by a proposed policy: who would gain access, who would lose it, by which rule',
    )
    .argument('[file...]', 'files of audit events, one a line; - for standard input')
    .option('--config <file>', 'the proposed sallyport.yaml (default: SALLYPORT_CONFIG, then ./sallyport.yaml)')
    .option('--policy <file>', 'instead: one proposed policy document, for all of a cluster')
    .option('--cluster <name>', 'the cluster that --policy is for')
    .option(
      '--kafka [brokers]',
      'read the audit topic there; without brokers, where audit.kafka of the configuration says',
    )
    .option('--topic <name>', 'the audit topic', 'sallyport.audit.v1')
    .option('--from-store', 'read the audit store through the gateway, as whoever is logged in')
    .option('--since <time>', 'not before: 15m, 2h, 7d ago, or a time')
    .option('--until <time>', 'not after')
    .option('--examples <count>', 'examples for each change', '3')
    .option('--fail-on-loss', `end with code ${code} if anybody would lose access`)
    .option('--fail-on-gain', `end with code ${code} if anybody would gain access`)
    .option('--fail-on-unjudged', `end with code ${code} if anything cannot be judged`)
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
