import type { Environment } from '../environment/environment.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { failedBy, ok, type Check } from './check.ts';

type Target = { check: Check; gateway?: Awaited<ReturnType<typeof openGateway>> };

/** Finds the gateway that other commands would use. Throws a CliError only if the command line is wrong. */
export async function findTarget(environment: Environment, names: GatewayNames): Promise<Target> {
  try {
    const gateway = await openGateway(environment, names);
    const { origin } = gateway.address;
    return { gateway, check: ok('gateway', `${origin} (from ${gateway.found.source})`) };
  } catch (error) {
    const named = names.gateway !== undefined || names.context !== undefined;
    if (named && error instanceof CliError && error.exit === 'usage') throw error;
    return { check: failedBy('gateway', error) };
  }
}
