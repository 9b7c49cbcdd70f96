import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { lazily, withExample, withOutput } from './command-kit.ts';

/** `sallyport connector`. */
export function addConnector(program: Command, environment: Environment): void {
  const command = program
    .command('connector')
    .description(
      'run a connector: it dials a gateway and carries its connections into a network that the gateway cannot dial into',
    )
    .option('--config <file>', 'the configuration of the connector', 'connector.yaml')
    .option('--check-config', 'check the configuration, report all faults, and exit')
    .action(lazily(environment, async () => (await import('../connector/run-connector.ts')).runConnector));
  withExample(
    command,
    'sallyport connector keygen --name factory --out /etc/sallyport',
    'sallyport connector --config /etc/sallyport/connector.yaml',
  );
  const keygen = command
    .command('keygen')
    .description('make the key of a connector, and print what sallyport.yaml of the gateway needs')
    .option('--name <name>', 'the name of the connector', 'my-connector')
    .requiredOption('--out <path>', 'the directory for the private key, connector.pem')
    .action(lazily(environment, async () => (await import('../connector/make-key.ts')).makeKey));
  withExample(withOutput(keygen), 'sallyport connector keygen --name factory --out /etc/sallyport');
}
