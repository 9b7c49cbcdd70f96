import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import type { ShowOptions } from '../audit/trail/show-request.ts';
import { withExample, withGateway } from './command-kit.ts';

/** `sallyport audit show`. */
export function addAuditShow(audit: Command, environment: Environment): void {
  const show = audit
    .command('show')
    .description(
      'show one request: its stages, its decision, its stream, its session and its elevation. The id is an Audit-ID, such as the one in the header audit-id of a refusal, or the id of an event',
    )
    .argument('<id>', 'an Audit-ID or the id of an event, or its first characters (at least four)')
    .option('--cluster <name>', 'check your right to the trail of this cluster, also if the gateway no longer has it')
    .action(async (id: string, options: ShowOptions) => {
      const { auditShow } = await import('../audit/trail/show-request.ts');
      await auditShow(environment, id, options);
    });
  withExample(withGateway(show), 'sallyport audit show 5f0c6a1e', 'sallyport audit show 5f0c6a1e -o json');
}
