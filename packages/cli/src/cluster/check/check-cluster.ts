import { describeCheck, runCheck, type CheckReport } from './run-check.ts';
import { loadGatewayConfig } from '../../config/load-gateway-config.ts';
import type { Environment } from '../../environment/environment.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { type OutputFormat, writeResult } from '../../terminal/output.ts';
import { createPaint } from '../../terminal/paint.ts';
import { rfc3339 } from '../../terminal/times.ts';
import { startSpinner } from '../../terminal/progress.ts';
import { findCluster, openConfigured } from './open-configured.ts';

export type CheckOptions = { output: OutputFormat; config?: string; strict?: boolean };

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

export async function checkCluster(environment: Environment, name: string, options: CheckOptions): Promise<void> {
  const loaded = await loadGatewayConfig(environment, options.config);
  const configured = await openConfigured(environment, loaded, findCluster(loaded, name));
  const spinner = await startSpinner(environment, `Asking ${configured.access.server}`);
  const report = await runCheck(configured, environment.now()).finally(() => spinner.stop());
  await writeResult(environment, options.output, dataOf(report), () => describeCheck(report, createPaint(environment)));
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
