import type { Command } from 'commander';
import { expectOk } from '../gateway/expect-ok.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { render } from '../terminal/output.ts';
import type { World } from '../world.ts';
import { withExample, withGateway, type GatewayOptions } from './command-kit.ts';

async function logout(world: World, options: GatewayOptions): Promise<void> {
  const { store, client, address } = openGateway(world, options.gateway);
  const credential = store.read();
  if (credential !== undefined) {
    // Here first: whatever the network does, this machine has no credential any more.
    store.forget(credential.token);
    try {
      const answer = await client.call({ method: 'POST', path: '/.sallyport/logout', token: credential.token });
      if (answer.status !== 401) expectOk(answer, address.origin);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      throw new CliError(error.exit, `the credential is gone from this machine, but the session could not be ended: ${error.message}`,
        'It ends by itself when idle; "sallyport sessions revoke" from another login ends it at once.', { cause: error });
    }
  }
  const data = { gateway: address.origin, loggedOut: credential !== undefined };
  world.stdout.write(render(options.output, data, () => (credential === undefined ? `Nobody was logged in to ${address.origin}.\n` : `Logged out of ${address.origin}.\n`)));
}

/** `sallyport logout`. */
export function addLogout(program: Command, world: World): void {
  const command = program.command('logout').description('end your session, here and at the gateway').action((options: GatewayOptions) => logout(world, options));
  withExample(withGateway(command), 'sallyport logout');
}
