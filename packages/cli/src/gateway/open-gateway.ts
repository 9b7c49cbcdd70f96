import { clustersSchema, type Cluster } from '@sallyport/contracts/answers';
import { readAnswer } from './read-answer.ts';
import { usageError } from '../terminal/cli-error.ts';
import { trace } from '../terminal/trace.ts';
import { authorityInKubeconfig, kubeconfigFiles, kubectlContext } from '../kubectl/read-kubeconfigs.ts';
import type { Credential } from '../home/stored-credential.ts';
import { openCredentialStore, type CredentialStore } from '../home/credential-store.ts';
import { findHome, type Home } from '../home/home.ts';
import { openKnownGateways, type KnownGateways } from '../home/known-gateways.ts';
import type { Environment } from '../environment/environment.ts';
import { expectOk, notLoggedIn } from './expect-ok.ts';
import { findGateway, type FoundGateway, type GatewayNames } from './find-gateway.ts';
import type { GatewayAddress } from '../input/gateway-address.ts';
import {
  createGatewayClient,
  credentialRejected,
  type GatewayAnswer,
  type GatewayCall,
  type GatewayClient,
  type GatewayStream,
  type TrustChoices,
} from './gateway-client.ts';
import { trustChoices } from './trust.ts';

/** What a command needs to use one gateway. */
export type OpenGateway = {
  environment: Environment;
  home: Home;
  known: KnownGateways;
  address: GatewayAddress;
  client: GatewayClient;
  /** The authorities with which `client` verifies the gateway, in turn. */
  trust: TrustChoices;
  store: CredentialStore;
};

/** Opens the gateway at an address. Does not access the network or the disk. */
export function openGatewayAt(environment: Environment, address: GatewayAddress): OpenGateway {
  const home = findHome(environment);
  const known = openKnownGateways(home);
  trace(environment, 2, `logins are in ${home.root}`);
  const trust = trustChoices(known.authorityOf(address), () =>
    authorityInKubeconfig(kubeconfigFiles(environment), address),
  );
  return {
    environment,
    home,
    known,
    address,
    client: createGatewayClient(address, trust, environment),
    trust,
    store: openCredentialStore(home, address, environment),
  };
}

/** Finds the gateway of a command (see findGateway) and opens it. */
export async function openGateway(
  environment: Environment,
  names: GatewayNames,
): Promise<OpenGateway & { found: FoundGateway }> {
  const found = await findGateway(environment, names);
  trace(environment, 1, `the gateway is ${found.address.origin}, from ${found.source}`);
  return { ...openGatewayAt(environment, found.address), found };
}

/** Returns the gateway, the cluster and the default namespace: from the options, or from the context of kubectl. */
export async function openPlace(
  environment: Environment,
  named: GatewayNames & { cluster?: string },
): Promise<{ gateway: OpenGateway; cluster: string; namespace: string }> {
  const gateway = await openGateway(environment, named);
  const place = (await kubectlContext(kubeconfigFiles(environment), named.context))?.place;
  const context = place?.gateway.origin === gateway.address.origin ? place : undefined;
  const cluster = named.cluster ?? context?.cluster;
  if (cluster === undefined)
    throw usageError(
      'no cluster is given',
      'Name it with --cluster ("sallyport clusters" lists them), or make it the current context of kubectl.',
    );
  return { gateway, cluster, namespace: (context?.cluster === cluster ? context.namespace : undefined) ?? 'default' };
}

/** Returns the credential of the live login at a gateway. Throws a CliError if there is none. */
export function requireCredential(gateway: OpenGateway): Credential {
  const credential = gateway.store.read();
  if (credential === undefined || credential.expiresAt <= gateway.environment.now())
    throw notLoggedIn(gateway.address.origin);
  return credential;
}

/**
 * Makes a call as the user who is logged in, and returns any answer. If the gateway no longer accepts the credential,
 * it is deleted. A 401 of a cluster leaves it alone.
 */
export async function askAsUser(gateway: OpenGateway, call: Omit<GatewayCall, 'token'>): Promise<GatewayAnswer> {
  const { token } = requireCredential(gateway);
  const answer = await gateway.client.call({ ...call, token });
  if (credentialRejected(answer)) gateway.store.forget(token);
  return answer;
}

/** Makes a call as the user who is logged in. Throws a CliError for any answer that is not 2xx. */
export async function callAsUser(gateway: OpenGateway, call: Omit<GatewayCall, 'token'>): Promise<unknown> {
  return expectOk(await askAsUser(gateway, call), gateway.address.origin);
}

/** Reads a path as the user, or sends a call, and returns the answer in the form of a schema. Faults name `what`. */
export async function askFor<T>(
  gateway: OpenGateway,
  schema: Parameters<typeof readAnswer<T>>[0],
  what: string,
  call: string | Omit<GatewayCall, 'token'>,
): Promise<T> {
  const whole = typeof call === 'string' ? ({ method: 'GET', path: call } as const) : call;
  return readAnswer(schema, await callAsUser(gateway, whole), what);
}

/** Opens a long answer as the user who is logged in, and returns any answer, as `askAsUser` does. */
export async function beginAsUser(
  gateway: OpenGateway,
  call: Omit<GatewayCall, 'token'>,
  silenceMs: number,
): Promise<GatewayStream> {
  const { token } = requireCredential(gateway);
  const answer = await gateway.client.stream({ ...call, token }, silenceMs);
  if (credentialRejected(answer)) gateway.store.forget(token);
  return answer;
}

/** Opens a long answer as the user who is logged in. Throws a CliError if the gateway refuses. */
export async function streamAsUser(
  gateway: OpenGateway,
  call: Omit<GatewayCall, 'token'>,
  silenceMs: number,
): Promise<AsyncIterable<Buffer>> {
  const answer = await beginAsUser(gateway, call, silenceMs);
  expectOk(answer, gateway.address.origin);
  return answer.chunks!;
}

/** Fetches the clusters that the user who is logged in can see. */
export async function fetchClusters(gateway: OpenGateway): Promise<Cluster[]> {
  return (await askFor(gateway, clustersSchema, 'the clusters', '/.sallyport/api/v1/clusters')).clusters;
}
