import type { Environment } from '../environment/environment.ts';
import type { GatewayAddress } from '../gateway/gateway-address.ts';
import type { Credential } from './credential.ts';
import { openCredentialStore } from './credential-store.ts';
import { findHome } from './home.ts';
import { openKnownGateways } from './known-gateways.ts';

/** A known gateway, with the login that is stored for it. The login may have expired. `last`: the last login was here. */
type GatewayLogin = { gateway: GatewayAddress; last: boolean; login?: Omit<Credential, 'token'> };

/** Lists the gateways that the program knows, sorted by address, with their logins but without their tokens. */
export function listLogins(environment: Environment): GatewayLogin[] {
  const home = findHome(environment);
  const known = openKnownGateways(home);
  const last = known.current()?.origin;
  return known.list().map((gateway) => {
    const credential = openCredentialStore(home, gateway, environment).read();
    const row = { gateway, last: gateway.origin === last };
    if (credential === undefined) return row;
    const { token: _token, ...login } = credential;
    return { ...row, login };
  });
}
