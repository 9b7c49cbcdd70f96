import { authorityInKubeconfig } from '../kubeconfig/authority-in-kubeconfig.ts';
import { kubeconfigFiles } from '../kubeconfig/kubeconfig-file.ts';
import { openCredentialStore, type Credential, type CredentialStore } from '../home/credential.ts';
import { findHome, type Home } from '../home/home.ts';
import { openKnownGateways, type KnownGateways } from '../home/known-gateways.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';
import { expectOk, notLoggedIn } from './expect-ok.ts';
import { gatewayAddress, type GatewayAddress } from './gateway-address.ts';
import { createGatewayClient, type GatewayAnswer, type GatewayCall, type GatewayClient } from './gateway-client.ts';
import { trustChoices } from './trust-choices.ts';

/** One gateway as a command uses it: how to talk to it, and what is kept of it. */
export type OpenGateway = {
  environment: Environment;
  home: Home;
  known: KnownGateways;
  address: GatewayAddress;
  client: GatewayClient;
  store: CredentialStore;
};

/** Opens the gateway at an address; touches neither the network nor the disk. */
export function openGatewayAt(environment: Environment, address: GatewayAddress): OpenGateway {
  const home = findHome(environment);
  const known = openKnownGateways(home);
  const trust = trustChoices(known.authorityOf(address), () =>
    authorityInKubeconfig(kubeconfigFiles(environment), address),
  );
  return {
    environment,
    home,
    known,
    address,
    client: createGatewayClient(address, trust),
    store: openCredentialStore(home, address, environment),
  };
}

/** Opens the gateway that a person named, else the one that was logged in to last. */
export function openGateway(environment: Environment, named: string | undefined): OpenGateway {
  if (named !== undefined) return openGatewayAt(environment, gatewayAddress(named));
  const address = openKnownGateways(findHome(environment)).current();
  if (address === undefined)
    throw new CliError(
      'not-logged-in',
      'you have not logged in to a gateway yet',
      'Log in: sallyport login --gateway https://gate.example.com:8443',
    );
  return openGatewayAt(environment, address);
}

/** The live login at a gateway; throws CliError when there is none. */
export function needCredential(gateway: OpenGateway): Credential {
  const credential = gateway.store.read();
  if (credential === undefined || credential.expiresAt <= gateway.environment.now())
    throw notLoggedIn(gateway.address.origin);
  return credential;
}

/**
 * The answer, whatever it is, to one call on behalf of who is logged in. A credential that the gateway no longer takes
 * is forgotten at once.
 */
export async function askAsPerson(gateway: OpenGateway, call: Omit<GatewayCall, 'token'>): Promise<GatewayAnswer> {
  const { token } = needCredential(gateway);
  const answer = await gateway.client.call({ ...call, token });
  if (answer.status === 401) gateway.store.forget(token);
  return answer;
}

/** One call on behalf of who is logged in; anything but a 2xx answer is thrown as a CliError. */
export async function callAsPerson(gateway: OpenGateway, call: Omit<GatewayCall, 'token'>): Promise<unknown> {
  return expectOk(await askAsPerson(gateway, call), gateway.address.origin);
}
