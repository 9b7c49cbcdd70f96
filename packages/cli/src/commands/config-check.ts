import { Option, type Command } from 'commander';
import { findInConfig, type Finding } from '../config/config-findings.ts';
import type { ServiceName } from '../config/gateway-config.ts';
import { configPath } from '../config/load-gateway-config.ts';
import type { Environment } from '../environment/environment.ts';
import { CliError, exitCodes } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { isData, render, type OutputFormat } from '../terminal/output.ts';
import { withExample, withOutput } from './command-kit.ts';
import { addConfigImport } from './config-import.ts';

const services: readonly ServiceName[] = ['authenticate', 'authorize', 'proxy', 'audit'];
type CheckOptions = { service?: ServiceName; output: OutputFormat };

const whoSays = (names: readonly ServiceName[]) =>
  names.length === services.length ? '[all services]' : `[${names.join(', ')}]`;

async function check(environment: Environment, file: string, { service, output }: CheckOptions): Promise<number> {
  const { formatFaults } = await import('../config/gateway-config.ts');
  const asked = service === undefined ? services : [service];
  const { faults, warnings } = await findInConfig(file, environment.env, asked);
  const line = (finding: Finding) => forTerminal(`${formatFaults(file, [finding])} ${whoSays(finding.services)}`);
  if (output === 'text') for (const one of warnings) environment.stderr.write(`warning: ${line(one)}\n`);
  if (isData(output))
    environment.stdout.write(
      await render(output, { file, services: asked, ok: faults.length === 0, faults, warnings }, () => ''),
    );
  else if (faults.length === 0) environment.stdout.write(`${forTerminal(file)}: ok\n`);
  if (faults.length === 0) return exitCodes.ok;
  if (output === 'text') for (const one of faults) environment.stderr.write(`${line(one)}\n`);
  throw new CliError(
    'failed',
    `${file} has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`,
    'Fix the faults listed above, then check again.',
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
      new Option('--service <name>', 'report only what this service would say (default: all four)').choices(services),
    )
    .action(async (file: string | undefined, options: CheckOptions) => {
      await check(environment, configPath(environment, file), options);
    });
  withExample(
    withOutput(command),
    'sallyport config check /etc/sallyport/sallyport.yaml',
    'sallyport config check --service authorize',
  );
  addConfigImport(config, environment);
  withExample(
    config,
    'sallyport config check /etc/sallyport/sallyport.yaml',
    'sallyport config import pomerium.yaml --out sallyport.yaml',
  );
}
