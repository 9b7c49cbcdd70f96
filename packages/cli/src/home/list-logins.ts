import path from 'node:path';
import type { Environment } from '../environment/environment.ts';
import type { GatewayAddress } from '../input/gateway-address.ts';
import type { Credential } from './credential.ts';
import { findHome, readIfThere } from './home.ts';
import { openKnownGateways } from './known-gateways.ts';
import { parseStoredCredential } from './stored-credential.ts';

/** A known gateway, with the login that is stored for it. The login may have expired. `last`: the last login was here. */
type GatewayLogin = { gateway: GatewayAddress; last: boolean; login?: Omit<Credential, 'token'> };

/** Lists the gateways that the program knows, sorted by address, with their logins but without their tokens. */
export function listLogins(environment: Environment): GatewayLogin[] {
  const home = findHome(environment);
  const known = openKnownGateways(home);
  const last = known.current()?.origin;
  return known.list().map((gateway) => {
    // The token is not needed, and reading it from a keyring may take time.
    const text = readIfThere(path.join(home.gatewayDirectory(gateway), 'credential.json'));
    const stored = text === undefined ? undefined : parseStoredCredential(text, gateway.origin);
    const row = { gateway, last: gateway.origin === last };
    if (stored === undefined) return row;
    const { user, sessionId, expiresAt, idleMs } = stored;
    return { ...row, login: { user, sessionId, expiresAt, idleMs } };
  });
}
