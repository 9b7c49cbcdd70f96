import type { Environment } from '../environment/environment.ts';
import type { GatewayAddress } from '../input/gateway-address.ts';
import { findHome } from '../home/home.ts';
import { KeyringFault, openKeyring, wantsKeyring } from '../home/keyring.ts';
import { ok, warning, type Check } from './check.ts';

const name = 'keyring';

/** Checks that the keyring can be read, if tokens are to be kept in it. What it contains goes nowhere. */
export function checkKeyring(environment: Environment, address: GatewayAddress): Check | undefined {
  if (!wantsKeyring(environment)) return undefined;
  try {
    openKeyring(findHome(environment), address, environment).read();
    return ok(name, 'the keyring of your system can be read');
  } catch (error) {
    if (!(error instanceof KeyringFault)) throw error;
    return warning(
      name,
      `the keyring cannot be used: ${error.message}`,
      'Unlock or install it. Until then, new logins are kept in files that only you can read.',
    );
  }
}
