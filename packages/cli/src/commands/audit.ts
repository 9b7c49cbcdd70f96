import { Option, type Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { withFilters } from './audit-filters.ts';
import type { SearchOptions } from './audit-search.ts';
import type { TailOptions } from './audit-tail.ts';
import { listFormats, withExample, withGateway } from './command-kit.ts';

/** `sallyport audit search|tail`. */
export function addAudit(program: Command, environment: Environment): void {
  const audit = program.command('audit').description('search and follow the audit trail');
  const search = withFilters(audit.command('search').description('search the audit trail; shows each request once'))
    .option('--since <time>', 'earliest time: how long ago (15m, 2h, 7d), or a time')
    .option('--until <time>', 'latest time')
    .option('--limit <count>', 'maximum number of requests, or of events with --stages', '100')
    .addOption(new Option('--order <order>', 'which events come first').choices(['newest', 'oldest']).default('newest'))
    .action(async (options: SearchOptions) => {
      const { auditSearch } = await import('./audit-search.ts');
      await auditSearch(environment, options);
    });
  withExample(
    withGateway(search, listFormats),
    'sallyport audit search --user alice@example.com --verb delete --since 2h',
    'sallyport audit search --effect deny --rule default-deny --address 10.1.2.3',
    'sallyport audit search --subresource exec --command "rm -rf" -o wide',
    'sallyport audit search --audit-id 5f0c6a1e --stages -o json',
  );
  const tail = withFilters(
    audit
      .command('tail')
      .description(
        'follow the audit trail: the beginning and the end of each request; -o json prints one event per line',
      ),
  )
    .option('--limit <count>', 'number of earlier requests to start with', '10')
    .action(async (options: TailOptions) => {
      const { auditTail } = await import('./audit-tail.ts');
      await auditTail(environment, options);
    });
  withExample(
    withGateway(tail, ['wide']),
    'sallyport audit tail --cluster prod',
    'sallyport audit tail --effect deny -o wide',
  );
  withExample(audit, 'sallyport audit search --since 1h', 'sallyport audit tail');
}
