import type { Command } from 'commander';
import { callAsUser, openGateway } from '../gateway/open-gateway.ts';
import { render } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { withExample, withGateway } from './command-kit.ts';

async function reload(environment: Environment, options: GatewayOptions): Promise<void> {
  await callAsUser(await openGateway(environment, options), {
    method: 'POST',
    path: '/.sallyport/api/v1/policy/reload',
  });
  environment.stdout.write(
    await render(
      options.output,
      { requested: true },
      () => 'Asked every replica to reload its configuration. To see the result, run: sallyport policy status\n',
    ),
  );
}

/** `sallyport policy reload`. */
export function addPolicyReload(policy: Command, environment: Environment): void {
  const command = policy
    .command('reload')
    .description('make every replica reload its own configuration file; sends no configuration')
    .action((options: GatewayOptions) => reload(environment, options));
  withExample(withGateway(command), 'sallyport policy reload && sleep 5 && sallyport policy status');
}
