import type { Command } from 'commander';
import type { ConfigFault } from '../config/gateway-config.ts';
import { byPlace } from '../policy/load/by-place.ts';
import { CliError } from '../terminal/cli-error.ts';
import { exitCodes } from '../terminal/exit-codes.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { isData, render, type OutputFormat } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withOutput } from './command-kit.ts';
import { addConfigImport } from './config-import.ts';
import { configPath } from '../config/load-gateway-config.ts';

type Findings = { faults: ConfigFault[]; warnings: ConfigFault[] };

/** Returns all faults and warnings of a configuration. Checks its policies even if other sections have faults. */
async function findingsOf(file: string, env: Environment['env']): Promise<Findings> {
  const { checkPolicies, compilePolicy, examineConfigFile, policyVersion, warnOfSharedNames, warnOfUnkeptTokens } =
    await import('../config/gateway-config.ts');
  const { config, data, faults, place } = examineConfigFile(file, env);
  const policies = checkPolicies({ data, place }, { compilePolicy, policyVersion });
  const others = (config ? [...warnOfSharedNames(config.identity.providers), ...warnOfUnkeptTokens(config)] : []).map(
    (warning) => ({ ...warning, ...place(warning.path.split('.')) }),
  );
  return {
    faults: [...faults, ...policies.faults].toSorted(byPlace),
    warnings: [...policies.warnings, ...others].toSorted(byPlace),
  };
}

async function check(environment: Environment, file: string, output: OutputFormat): Promise<number> {
  const { formatFaults } = await import('../config/gateway-config.ts');
  const { faults, warnings } = await findingsOf(file, environment.env);
  const lines = (some: readonly ConfigFault[]) => formatFaults(file, some).split('\n').map(forTerminal);
  if (warnings.length > 0 && output === 'text')
    environment.stderr.write(
      lines(warnings)
        .map((line) => `warning: ${line}\n`)
        .join(''),
    );
  if (isData(output))
    environment.stdout.write(await render(output, { file, ok: faults.length === 0, faults, warnings }, () => ''));
  else if (faults.length === 0) environment.stdout.write(`${forTerminal(file)}: ok\n`);
  if (faults.length === 0) return exitCodes.ok;
  if (output === 'text') environment.stderr.write(`${lines(faults).join('\n')}\n`);
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
    .description('report all faults of a configuration at once')
    .argument('[file]', 'the configuration (default: SALLYPORT_CONFIG, then ./sallyport.yaml)')
    .action(async (file: string | undefined, options: { output: OutputFormat }) => {
      await check(environment, configPath(environment, file), options.output);
    });
  withExample(withOutput(command), 'sallyport config check /etc/sallyport/sallyport.yaml');
  addConfigImport(config, environment);
  withExample(
    config,
    'sallyport config check /etc/sallyport/sallyport.yaml',
    'sallyport config import pomerium.yaml --out sallyport.yaml',
  );
}
