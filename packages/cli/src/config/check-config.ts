import { findInConfig, type Finding } from './config-findings.ts';
import type { ServiceName } from './gateway-config.ts';
import { configPath } from './load-gateway-config.ts';
import type { Environment } from '../environment/environment.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { isData, type OutputFormat, writeResult } from '../terminal/output.ts';

const services: readonly ServiceName[] = ['authenticate', 'authorize', 'proxy', 'audit'];
export type CheckConfigOptions = { service?: ServiceName; output: OutputFormat };

const whoSays = (names: readonly ServiceName[]) =>
  names.length === services.length ? '[all services]' : `[${names.join(', ')}]`;

export async function checkConfig(
  environment: Environment,
  named: string | undefined,
  { service, output }: CheckConfigOptions,
): Promise<void> {
  const file = configPath(environment, named);
  const { formatFaults } = await import('./gateway-config.ts');
  const asked = service === undefined ? services : [service];
  const { faults, warnings } = await findInConfig(file, environment.env, asked);
  const line = (finding: Finding) => forTerminal(`${formatFaults(file, [finding])} ${whoSays(finding.services)}`);
  if (output === 'text') for (const one of warnings) environment.stderr.write(`warning: ${line(one)}\n`);
  if (isData(output))
    await writeResult(
      environment,
      output,
      { file, services: asked, ok: faults.length === 0, faults, warnings },
      () => '',
    );
  else if (faults.length === 0) environment.stdout.write(`${forTerminal(file)}: ok\n`);
  if (faults.length === 0) return;
  if (output === 'text') for (const one of faults) environment.stderr.write(`${line(one)}\n`);
  throw new CliError(
    'failed',
    `${file} has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`,
    'Fix the faults listed above, then check again.',
  );
}
