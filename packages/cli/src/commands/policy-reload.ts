import type { Command } from 'commander';
import { callAsPerson, openGateway } from '../gateway/open-gateway.ts';
import { render } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withGateway, type GatewayOptions } from './command-kit.ts';

async function reload(environment: Environment, options: GatewayOptions): Promise<void> {
  await callAsPerson(openGateway(environment, options.gateway), {
    method: 'POST',
    path: '/.sallyport/api/v1/policy/reload',
  });
  environment.stdout.write(
    render(
      options.output,
      { requested: true },
      () =>
        'Every replica was asked to read its configuration again. "sallyport policy status" shows what came of it.\n',
    ),
  );
}

/** `sallyport policy reload`. */
export function addPolicyReload(policy: Command, environment: Environment): void {
  const command = policy
    .command('reload')
    .description('have every replica read its own configuration again; nothing is sent along')
    .action((options: GatewayOptions) => reload(environment, options));
  withExample(withGateway(command), 'sallyport policy reload && sleep 5 && sallyport policy status');
}
