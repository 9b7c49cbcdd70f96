import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { render } from '../terminal/output.ts';
import { createPaint } from '../terminal/paint.ts';
import { NegativeAnswer } from '../terminal/cli-error.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { withExample, withGateway } from './command-kit.ts';

async function doctor(environment: Environment, options: GatewayOptions): Promise<void> {
  const [{ runDoctor }, { describeChecks }] = await Promise.all([
    import('../doctor/run-doctor.ts'),
    import('../doctor/check.ts'),
  ]);
  const checks = await runDoctor(environment, options);
  environment.stdout.write(
    await render(options.output, { checks }, () => describeChecks(checks, createPaint(environment))),
  );
  if (checks.some(({ status }) => status === 'failed')) throw new NegativeAnswer();
}

const moreHelp = `
It checks this program, kubectl, where logins are kept, the way to the gateway (name, connection, certificate, proxy),
the clocks, your login, your kubeconfig, and with one request each, your clusters or the cluster of --context. What
cannot be checked because an earlier check failed is left out. It prints no secret. The exit code
is 0 if nothing failed, and otherwise 1.`;

/** `sallyport doctor`. */
export function addDoctor(program: Command, environment: Environment): void {
  const command = program
    .command('doctor')
    .description('check everything between this machine and a working kubectl, and say what to do')
    .action((options: GatewayOptions) => doctor(environment, options));
  withGateway(command).addHelpText('after', moreHelp);
  withExample(
    command,
    'sallyport doctor',
    'sallyport doctor --gateway gate.example.com:8443',
    'sallyport doctor --context sallyport-dev -o json',
  );
}
