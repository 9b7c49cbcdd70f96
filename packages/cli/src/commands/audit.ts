import { Option, type Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { withFilters, type AuditFilters } from './audit-filters.ts';
import { withExample, withGateway, type GatewayOptions } from './command-kit.ts';

/** `sallyport audit search|tail`. */
export function addAudit(program: Command, environment: Environment): void {
  const audit = program.command('audit').description('look at what happened');
  const search = withFilters(audit.command('search').description('search the audit trail'))
    .option('--since <time>', 'not before: 15m, 2h, 7d ago, or a time')
    .option('--until <time>', 'not after')
    .option('--limit <count>', 'at most so many events', '100')
    .addOption(new Option('--order <order>', 'which come first').choices(['newest', 'oldest']).default('newest'))
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
    audit.command('tail').description('follow the audit trail, without its own queries; with -o json one event a line'),
  )
    .option('--limit <count>', 'begin with the last so many events', '10')
    .action(async (options: GatewayOptions & AuditFilters & { limit: string }) => {
      const { auditTail } = await import('./audit-tail.ts');
      await auditTail(environment, options);
    });
  withExample(withGateway(tail), 'sallyport audit tail --cluster prod');
  withExample(audit, 'sallyport audit search --since 1h', 'sallyport audit tail');
}
