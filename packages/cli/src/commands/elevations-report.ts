import { Option, type Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import type { ElevationReportOptions } from '../audit/report/run-elevation-report.ts';
import { withExample, withGatewayNames } from './command-kit.ts';

/** `sallyport elevations report`. */
export function addElevationsReport(elevations: Command, environment: Environment): void {
  const report = elevations
    .command('report')
    .description('show from the audit trail who had which elevation, why, who approved it, and what it was used for')
    .option('--from <time>', 'the beginning of the period: how long ago (2h, 7d), or a time', '30d')
    .option('--to <time>', 'the end of the period')
    .option('--cluster <name>', 'only on this cluster')
    .option('--user <name>', 'only of this user')
    .addOption(
      new Option('-o, --output <format>', 'output format')
        .choices(['text', 'csv', 'markdown', 'json', 'yaml'])
        .default('text'),
    )
    .option('--no-headers', 'print the table without its heading')
    .action(async (options: ElevationReportOptions) => {
      const { elevationReport } = await import('../audit/report/run-elevation-report.ts');
      await elevationReport(environment, options);
    });
  withExample(
    withGatewayNames(report),
    'sallyport elevations report --from 90d --cluster prod-eu',
    'sallyport elevations report --from 2026-10-01 --to 2026-11-01 -o csv',
  );
}
