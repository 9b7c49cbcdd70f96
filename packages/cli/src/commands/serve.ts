import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { lazily, withExample } from './command-kit.ts';

/** `sallyport serve`. */
export function addServe(program: Command, environment: Environment): void {
  const command = program
    .command('serve')
    .description(
      'run a small gateway: all services in this process, with what they keep in one directory (docs/install-small.md)',
    )
    .option('--config <file>', 'the configuration (default: SALLYPORT_CONFIG, then ./sallyport.yaml)')
    .option('--check-config', 'check the configuration, report all faults, and exit')
    .action(lazily(environment, async () => (await import('../serve/run-serve.ts')).runServe));
  withExample(command, 'sallyport serve --config /etc/sallyport/sallyport.yaml', 'sallyport serve --check-config');
}
