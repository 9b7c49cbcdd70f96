import path from 'node:path';
import type { ConfigFault, LintSubject } from '../../config/gateway-config.ts';
import { configPath, loadPolicyTools, type PolicyTools } from '../../config/load-gateway-config.ts';
import type { GatewayNames } from '../../gateway/find-gateway.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import { discoverResources } from './discover-resources.ts';
import { lintFile } from './lint-file.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import { isData, type OutputFormat, writeResult } from '../../terminal/output.ts';
import type { Environment } from '../../environment/environment.ts';

export type LintOptions = GatewayNames & { output: OutputFormat; strict?: boolean; cluster?: string };

/** Returns the resources of the cluster that the user named, or nothing if they named none. */
async function askLive(
  environment: Environment,
  { cluster, ...names }: LintOptions,
  tools: PolicyTools,
): Promise<LintSubject['live']> {
  if (cluster !== undefined)
    return { cluster, catalog: await discoverResources(await openGateway(environment, names), cluster, tools) };
  if (names.gateway !== undefined || names.context !== undefined)
    throw new CliError(
      'usage',
      'a gateway is only asked about the resources of a cluster, and --cluster is missing',
      'Write it like: sallyport policy lint policy.yaml --cluster dev',
    );
  return undefined;
}

export async function lintFiles(environment: Environment, names: string[], options: LintOptions): Promise<void> {
  const tools = await loadPolicyTools();
  const live = await askLive(environment, options, tools);
  const chosen =
    names.length === 0
      ? [configPath(environment, undefined)]
      : names.map((name) => path.resolve(environment.workingDirectory, name));
  const files = chosen.map((file) => lintFile(file, tools, live));
  const faults = files.reduce((sum, file) => sum + file.faults.length, 0);
  const warnings = files.reduce((sum, file) => sum + file.warnings.length, 0);
  const lines = (file: string, some: readonly ConfigFault[]) =>
    some.length === 0 ? [] : tools.formatFaults(file, some).split('\n').map(forTerminal);
  if (isData(options.output)) {
    await writeResult(environment, options.output, { ok: faults === 0, files }, () => '');
  } else {
    for (const { file, ok, ...found } of files) {
      environment.stderr.write(
        [
          ...lines(file, found.warnings).map((line) => `warning: ${line}\n`),
          ...lines(file, found.faults).map((line) => `${line}\n`),
        ].join(''),
      );
      if (ok)
        environment.stdout.write(
          `${forTerminal(file)}: ok${found.warnings.length === 0 ? '' : `, ${found.warnings.length} ${found.warnings.length === 1 ? 'warning' : 'warnings'}`}\n`,
        );
    }
  }
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  if (faults > 0)
    throw new CliError(
      'failed',
      `${counted(faults, 'fault')} in ${counted(files.filter(({ ok }) => !ok).length, 'file')}`,
      'Fix the faults listed above, then lint again.',
    );
  if (options.strict === true && warnings > 0)
    throw new CliError('failed', counted(warnings, 'warning'), 'Without --strict, warnings do not cause a failure.');
}
