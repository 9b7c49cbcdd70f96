import { Option, type Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import type { ReportOptions } from '../audit/report/run-report.ts';
import { withExample, withGatewayNames } from './command-kit.ts';

/** `sallyport audit report`. */
export function addAuditReport(audit: Command, environment: Environment): void {
  const report = audit
    .command('report')
    .description('count who did what on which cluster in a period of whole hours')
    .option(
      '--by <what>',
      'what to count by: some of user, cluster, resource, verb, day, with commas',
      'user,cluster,resource,verb',
    )
    .option('--user <name>', 'only this user')
    .option('--cluster <name>', 'only this cluster')
    .option('--resource <name>', 'only this resource, with its subresource, such as pods/exec')
    .option('--verb <verb>', 'only this verb, such as get or create')
    .option('--since <time>', 'earliest time: how long ago (15m, 2h, 7d), or a time', '7d')
    .option('--until <time>', 'latest time')
    .option('--limit <count>', 'maximum number of lines, those with most requests', '100')
    .addOption(
      new Option('-o, --output <format>', 'output format')
        .choices(['text', 'csv', 'markdown', 'json', 'yaml'])
        .default('text'),
    )
    .option('--no-headers', 'print the table without its heading')
    .action(async (options: ReportOptions) => {
      const { auditReport } = await import('../audit/report/run-report.ts');
      await auditReport(environment, options);
    });
  withExample(
    withGatewayNames(report),
    'sallyport audit report --since 30d --by user,cluster',
    'sallyport audit report --user alice@example.com --since 2026-11-01 -o markdown',
    'sallyport audit report --resource pods/exec --by user,day -o csv',
  );
}
