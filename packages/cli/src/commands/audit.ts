import { Option, type Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import type { ExportOptions } from '../audit/trail/export-trail.ts';
import { withFilters, withStages } from '../audit/trail/trail-filters.ts';
import { addAuditJoin } from './audit-join.ts';
import { addAuditReport } from './audit-report.ts';
import type { SearchOptions } from '../audit/trail/search-trail.ts';
import { addAuditShow } from './audit-show.ts';
import type { TailOptions } from '../audit/trail/tail-trail.ts';
import { addAuditVerify } from './audit-verify.ts';
import { addAuditWebhookToken } from './audit-webhook-token.ts';
import { listFormats, withExample, withGateway, withGatewayNames } from './command-kit.ts';

/** `sallyport audit`. */
export function addAudit(program: Command, environment: Environment): void {
  const audit = program
    .command('audit')
    .description('search, follow, count, export and verify the audit trail, and compare it with the logs of clusters');
  const search = withStages(
    withFilters(audit.command('search').description('search the audit trail; shows each request once')),
  )
    .option('--since <time>', 'earliest time: how long ago (15m, 2h, 7d), or a time')
    .option('--until <time>', 'latest time')
    .option('--limit <count>', 'maximum number of requests, or of events with --stages', '100')
    .addOption(new Option('--order <order>', 'which events come first').choices(['newest', 'oldest']).default('newest'))
    .action(async (options: SearchOptions) => {
      const { auditSearch } = await import('../audit/trail/search-trail.ts');
      await auditSearch(environment, options);
    });
  withExample(
    withGateway(search, listFormats),
    'sallyport audit search --user alice@example.com --verb delete --since 2h',
    'sallyport audit search --effect deny --rule default-deny --address 10.1.2.3',
    'sallyport audit search --subresource exec --command "rm -rf" -o wide',
    'sallyport audit search --audit-id 5f0c6a1e --stages -o json',
  );
  addAuditShow(audit, environment);
  addTail(audit, environment);
  addExport(audit, environment);
  addAuditReport(audit, environment);
  addAuditVerify(audit, environment);
  addAuditJoin(audit, environment);
  addAuditWebhookToken(audit, environment);
  withExample(audit, 'sallyport audit search --since 1h', 'sallyport audit tail');
}

function addTail(audit: Command, environment: Environment): void {
  const tail = withStages(
    withFilters(
      audit
        .command('tail')
        .description(
          'follow the audit trail: the beginning and the end of each request; -o json prints one event per line',
        ),
    ),
  )
    .option('--limit <count>', 'number of earlier requests to start with', '10')
    .action(async (options: TailOptions) => {
      const { auditTail } = await import('../audit/trail/tail-trail.ts');
      await auditTail(environment, options);
    });
  withExample(
    withGateway(tail, ['wide']),
    'sallyport audit tail --cluster prod',
    'sallyport audit tail --effect deny -o wide',
  );
}

function addExport(audit: Command, environment: Environment): void {
  const command = withFilters(
    audit
      .command('export')
      .description('write the stored audit trail to a file or to standard output, the oldest first'),
  )
    .option('--since <time>', 'earliest time: how long ago (15m, 2h, 7d), or a time')
    .option('--until <time>', 'latest time')
    .addOption(
      new Option('-o, --output <format>', 'ndjson is what audit verify reads, csv is a table')
        .choices(['ndjson', 'csv'])
        .default('ndjson'),
    )
    .option('--file <file>', 'the file to write, which only you may read; it is replaced once the export is complete')
    .action(async (options: ExportOptions) => {
      const { auditExport } = await import('../audit/trail/export-trail.ts');
      await auditExport(environment, options);
    });
  withExample(
    withGatewayNames(command),
    'sallyport audit export --file trail.ndjson',
    'sallyport audit export --cluster prod --since 30d -o csv --file prod.csv',
  );
}
