import { Option, type Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { withFilters, type AuditFilters } from './audit-filters.ts';
import { withExample, withGateway, type GatewayOptions } from './command-kit.ts';

/** `sallyport audit search|tail`. */
export function addAudit(program: Command, environment: Environment): void {
  const audit = program.command('audit').description('search and follow the audit trail');
  const search = withFilters(audit.command('search').description('search the audit trail'))
    .option('--since <time>', 'earliest time: how long ago (15m, 2h, 7d), or a time')
    .option('--until <time>', 'latest time')
    .option('--limit <count>', 'maximum number of events', '100')
    .addOption(new Option('--order <order>', 'which events come first').choices(['newest', 'oldest']).default('newest'))
    .action(async (options: GatewayOptions & AuditFilters & { limit: string; order: string }) => {
      const { auditSearch } = await import('./audit-search.ts');
      await auditSearch(environment, options);
    });
  withExample(
    withGateway(search),
    'sallyport audit search --user alice@example.com --verb delete --since 2h',
    'sallyport audit search --effect deny --cluster prod -o json',
  );
  const tail = withFilters(
    audit
      .command('tail')
      .description('follow the audit trail (without the queries of this command); -o json prints one event per line'),
  )
    .option('--limit <count>', 'number of earlier events to start with', '10')
    .action(async (options: GatewayOptions & AuditFilters & { limit: string }) => {
      const { auditTail } = await import('./audit-tail.ts');
      await auditTail(environment, options);
    });
  withExample(withGateway(tail), 'sallyport audit tail --cluster prod');
  withExample(audit, 'sallyport audit search --since 1h', 'sallyport audit tail');
}
