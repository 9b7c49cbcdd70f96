import path from 'node:path';
import type { Command } from 'commander';
import type { ConfigFault } from '../config/gateway-config.ts';
import { lintFile } from '../policy/lint/lint-file.ts';
import { loadPolicyTools } from '../policy/engine/policy-tools.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { isData, render, type OutputFormat } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withOutput } from './command-kit.ts';

type Options = { output: OutputFormat; strict?: boolean };

async function lint(environment: Environment, names: string[], options: Options): Promise<void> {
  const tools = await loadPolicyTools();
  const files = names.map((name) => lintFile(path.resolve(environment.workingDirectory, name), tools));
  const faults = files.reduce((sum, file) => sum + file.faults.length, 0);
  const warnings = files.reduce((sum, file) => sum + file.warnings.length, 0);
  const lines = (file: string, some: readonly ConfigFault[]) =>
    some.length === 0 ? [] : tools.formatFaults(file, some).split('\n').map(forTerminal);
  if (isData(options.output)) {
    environment.stdout.write(await render(options.output, { ok: faults === 0, files }, () => ''));
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

/** `sallyport policy lint`. */
export function addPolicyLint(policy: Command, environment: Environment): void {
  const command = policy
    .command('lint')
    .description('check a policy document, or all policies of a sallyport.yaml; reports file, line and column')
    .argument('<file...>', 'policy documents and configurations')
    .option('--strict', 'fail on warnings too')
    .action((files: string[], options: Options) => lint(environment, files, options));
  withExample(
    withOutput(command),
    'sallyport policy lint policies/*.yaml',
    'sallyport policy lint sallyport.yaml -o json',
  );
}
