import { Option, type Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { withExample, withOutput, lazily } from './command-kit.ts';

/** `sallyport config import`. */
function addImport(config: Command, environment: Environment): void {
  const command = config
    .command('import')
    .description(
      'convert a Pomerium configuration: Kubernetes routes become clusters, all others web applications, and a report lists what is not carried over',
    )
    .argument('<file>', 'the config.yaml of Pomerium Core')
    .option('--out <file>', 'write the result to this file (default: standard output)')
    .option('--force', 'replace the file if it exists')
    .action(lazily(environment, async () => (await import('../import/run-import.ts')).runImport));
  withExample(
    withOutput(command),
    'sallyport config import pomerium.yaml --out sallyport.yaml',
    'sallyport config import pomerium.yaml -o json',
  );
}

/** `sallyport config check|import`. */
export function addConfig(program: Command, environment: Environment): void {
  const config = program.command('config').description("check or import a gateway's configuration");
  const command = config
    .command('check')
    .description('report everything that keeps the services from starting with a configuration')
    .argument('[file]', 'the configuration (default: SALLYPORT_CONFIG, then ./sallyport.yaml)')
    .addOption(
      new Option('--service <name>', 'report only what this service would say (default: all four)').choices([
        'authenticate',
        'authorize',
        'proxy',
        'audit',
      ]),
    )
    .action(lazily(environment, async () => (await import('../config/check-config.ts')).checkConfig));
  withExample(
    withOutput(command),
    'sallyport config check /etc/sallyport/sallyport.yaml',
    'sallyport config check --service authorize',
  );
  addImport(config, environment);
  withExample(
    config,
    'sallyport config check /etc/sallyport/sallyport.yaml',
    'sallyport config import pomerium.yaml --out sallyport.yaml',
  );
}
