import type { Command } from 'commander';
import type { CheckReport } from '../cluster/check/run-check.ts';
import { loadGatewayConfig } from '../config/load-gateway-config.ts';
import type { Environment } from '../environment/environment.ts';
import { CliError } from '../terminal/cli-error.ts';
import { render, type OutputFormat } from '../terminal/output.ts';
import { createPaint } from '../terminal/paint.ts';
import { rfc3339 } from '../terminal/times.ts';
import { startSpinner } from '../terminal/progress.ts';
import { withExample, withOutput } from './command-kit.ts';

type Options = { output: OutputFormat; config?: string; strict?: boolean };

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Returns the report for programs. */
function dataOf(report: CheckReport) {
  const { credential, faults } = report;
  const { expiresAt } = credential;
  return {
    ...report,
    ok: faults.length === 0,
    credential: { ...credential, expiresAt: expiresAt === undefined ? undefined : rfc3339(expiresAt) },
  };
}

async function check(environment: Environment, name: string, options: Options): Promise<void> {
  const loaded = await loadGatewayConfig(environment, options.config);
  const [{ findCluster, openConfigured }, { runCheck }, { describeCheck }] = await Promise.all([
    import('../cluster/check/open-configured.ts'),
    import('../cluster/check/run-check.ts'),
    import('../cluster/check/run-check.ts'),
  ]);
  const configured = await openConfigured(environment, loaded, findCluster(loaded, name));
  const spinner = await startSpinner(environment, `Asking ${configured.access.server}`);
  const report = await runCheck(configured, environment.now()).finally(() => spinner.stop());
  environment.stdout.write(
    await render(options.output, dataOf(report), () => describeCheck(report, createPaint(environment))),
  );
  const { faults, warnings } = report;
  if (faults.length > 0)
    throw new CliError(
      'failed',
      `${counted(faults.length, 'fault')}: the gateway cannot do its work in the cluster "${name}"`,
      `With a kubeconfig of its administrator, run: sallyport cluster add ${name} --kubeconfig FILE`,
    );
  if (options.strict === true && warnings.length > 0)
    throw new CliError(
      'failed',
      counted(warnings.length, 'warning'),
      'Without --strict, warnings do not cause a failure.',
    );
}

/** `sallyport cluster check`. */
export function addClusterCheck(cluster: Command, environment: Environment): void {
  const command = cluster
    .command('check <name>')
    .description('check that the gateway may do in a cluster what it must, and nothing more; changes nothing')
    .option('--config <file>', "the gateway's configuration (default: SALLYPORT_CONFIG, then ./sallyport.yaml)")
    .option('--strict', 'fail on warnings too')
    .action((name: string, options: Options) => check(environment, name, options));
  withExample(
    withOutput(command),
    'sallyport cluster check prod --config /etc/sallyport/sallyport.yaml',
    'sallyport cluster check prod --strict -o json',
  );
}
