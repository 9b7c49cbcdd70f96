import { accessSync, constants, statSync, type Stats } from 'node:fs';
import type { Environment } from '../environment/environment.ts';
import { findHome, localFault } from '../home/home.ts';
import { wantsKeyring, KeyringFault, openKeyring } from '../home/keyring.ts';
import { failed, failedBy, ok, warning, type Check } from './check.ts';
import type { GatewayAddress } from '../input/gateway-address.ts';

const name = 'home';

function statOf(root: string): Stats | undefined {
  try {
    return statSync(root);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw localFault(root, error);
  }
}

/** Checks the directory in which this program keeps logins: that it can be used, and by its owner only. */
export function checkHome(environment: Environment): Check {
  try {
    const { root } = findHome(environment);
    const place = wantsKeyring(environment) ? 'tokens are kept in the keyring' : 'tokens are kept in files';
    const found = statOf(root);
    if (found === undefined) return ok(name, `${root} does not exist yet; the first login creates it`);
    if (!found.isDirectory())
      return failed(name, `${root} is not a directory`, 'Move or delete it, or name another one in SALLYPORT_HOME.');
    try {
      accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      throw localFault(root, error);
    }
    const mode = found.mode & 0o777;
    if (environment.platform !== 'win32' && (mode & 0o077) !== 0)
      return warning(
        name,
        `${root} is open to other users (mode ${mode.toString(8).padStart(4, '0')})`,
        `Run: chmod 700 ${root}`,
      );
    return ok(name, `${root} is open to you only; ${place}`);
  } catch (error) {
    return failedBy(name, error);
  }
}

/** Checks that the keyring can be read, if tokens are to be kept in it. What it contains goes nowhere. */
export function checkKeyring(environment: Environment, address: GatewayAddress): Check | undefined {
  if (!wantsKeyring(environment)) return undefined;
  try {
    openKeyring(findHome(environment), address, environment).read();
    return ok('keyring', 'the keyring of your system can be read');
  } catch (error) {
    if (!(error instanceof KeyringFault)) throw error;
    return warning(
      'keyring',
      `the keyring cannot be used: ${error.message}`,
      'Unlock or install it. Until then, new logins are kept in files that only you can read.',
    );
  }
}
