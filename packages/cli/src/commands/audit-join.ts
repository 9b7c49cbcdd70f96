import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import type { JoinOptions } from '../audit/join/run-join.ts';
import { withExample, withGateway } from './command-kit.ts';

/** `sallyport audit join`. */
export function addAuditJoin(audit: Command, environment: Environment): void {
  const command = audit
    .command('join')
    .description("compare the audit trail with a cluster's own audit log: what bypassed the gateway, what differs")
    .requiredOption(
      '--cluster-log <file...>',
      "files of the API server's --audit-log-path, one event per line, also rotated (.gz); - for standard input",
    )
    .requiredOption('--cluster <name>', "the cluster's name in the gateway's configuration")
    .option('--events <file...>', "files of the gateway's events, one per line (default: its audit store)")
    .option('--ignore <pattern...>', 'users who do not use the gateway (default: "system:*")')
    .option('--gateway-user <name...>', "the gateway's own account in the cluster (default: found from the log)")
    .option('--policy <file>', "the cluster's audit policy (default: what it records is learned from the log)")
    .option('--aggregated', 'the log is that of an aggregated API server, which gets users without impersonation')
    .option('--margin <time>', 'leave out what is this near the end of a log (30s, 5m)', '30s')
    .option('--since <time>', 'earliest time: how long ago (15m, 2h, 7d), or a time')
    .option('--until <time>', 'latest time')
    .option('--examples <count>', 'number of examples for each finding', '3')
    .action(async (options: JoinOptions) => {
      const { auditJoin } = await import('../audit/join/run-join.ts');
      await auditJoin(environment, options);
    });
  withExample(
    withGateway(command),
    'sallyport audit join --cluster prod --cluster-log /var/log/kubernetes/audit.log',
    'sallyport audit join --cluster prod --cluster-log audit-*.log.gz audit.log --since 24h -o json',
    "sallyport audit join --cluster prod --cluster-log audit.log --ignore 'system:node:*' 'system:kube-*' system:apiserver",
  );
}
