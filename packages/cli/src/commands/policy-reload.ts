import type { Command } from 'commander';
import { callAsPerson, openGateway } from '../gateway/open-gateway.ts';
import { render } from '../terminal/output.ts';
import type { World } from '../world.ts';
import { withExample, withGateway, type GatewayOptions } from './command-kit.ts';

async function reload(world: World, options: GatewayOptions): Promise<void> {
  await callAsPerson(openGateway(world, options.gateway), { method: 'POST', path: '/.sallyport/api/v1/policy/reload' });
  world.stdout.write(
    render(
      options.output,
      { requested: true },
      () =>
        'Every replica was asked to read its configuration again. "sallyport policy status" shows what came of it.\n',
    ),
  );
}

/** `sallyport policy reload`. */
export function addPolicyReload(policy: Command, world: World): void {
  const command = policy
    .command('reload')
    .description('have every replica read its own configuration again; nothing is sent along')
    .action((options: GatewayOptions) => reload(world, options));
  withExample(withGateway(command), 'sallyport policy reload && sleep 5 && sallyport policy status');
}
