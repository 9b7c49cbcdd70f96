import type { OpenGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import type { LoginDemands } from './login-demands.ts';

/**
 * Runs a login at the identity provider that the user chose for this gateway with `login --provider`. If the gateway no
 * longer has it, forgets it and runs the login without.
 */
export async function withRememberedProvider<T>(
  { known, address, environment }: Pick<OpenGateway, 'known' | 'address' | 'environment'>,
  run: (demands: LoginDemands) => Promise<T>,
): Promise<T> {
  const { provider } = known.settingsOf(address);
  if (provider === undefined) return run({});
  try {
    return await run({ provider });
  } catch (error) {
    if (!(error instanceof CliError) || error.exit !== 'usage') throw error;
    known.remember(address, { provider: undefined });
    environment.stderr.write(
      `The gateway does not accept the identity provider "${forTerminal(provider)}" that you chose before, so it is forgotten.\n`,
    );
    return run({});
  }
}
