import { callApi } from '../gateway/call-api.ts';
import { meSchema, type ConnectorRow, type ElevationView } from '@sallyport/contracts/answers';
import { readAnswer } from '../gateway/read-answer.ts';
import { readConnectors } from '../connectors/read-connectors.ts';
import type { Environment } from '../environment/environment.ts';
import { openElevations } from '../elevation/call-elevations.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { callAsUser, fetchClusters, openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { isTrustFault } from '../gateway/unreachable.ts';
import { listLogins } from '../home/known-gateways.ts';
import { kubeconfigFiles, kubectlContext, kubectlContexts } from '../kubectl/read-kubeconfigs.ts';
import { CliError } from '../terminal/cli-error.ts';
import type * as z from 'zod/mini';
import type { Credential } from '../home/stored-credential.ts';
import { fieldOf } from '../input/untrusted.ts';

/** Who the user is at a gateway, by the gateway's own word where it can be had. */
type Login =
  | { state: 'logged-in'; me: z.infer<typeof meSchema>; gatewayVersion: string | undefined }
  | { state: 'not-logged-in' }
  | { state: 'unreachable'; stored: Omit<Credential, 'token'>; problem: CliError };

/** Asks the gateway who the user is. A login that the gateway no longer accepts is forgotten. */
export async function readLogin(gateway: OpenGateway): Promise<Login> {
  const stored = gateway.store.read();
  if (stored === undefined || stored.expiresAt <= gateway.environment.now()) return { state: 'not-logged-in' };
  try {
    const body = await callAsUser(gateway, { method: 'GET', path: '/.sallyport/me' });
    const version = fieldOf(body, 'gatewayVersion');
    return {
      state: 'logged-in',
      me: readAnswer(meSchema, body, 'your identity'),
      gatewayVersion: typeof version === 'string' ? version : undefined,
    };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return error.exit === 'not-logged-in'
      ? { state: 'not-logged-in' }
      : { state: 'unreachable', stored, problem: error };
  }
}

/** The session in use. Times are milliseconds since the epoch. What only the gateway knows is absent without it. */
type StatusSession = { id: string; since?: number; until: number; idleUntil?: number };

/** A known gateway, and who is logged in there as far as this machine knows. */
type KnownLogin = { gateway: string; current: boolean; user?: string; until?: number };

export type Status = {
  state: 'logged-in' | 'not-logged-in' | 'unreachable';
  /** Absent if no command would find a gateway. */
  gateway?: string;
  /** Where its address comes from. */
  source?: string;
  user?: string;
  groups?: string[];
  provider?: string;
  /** How the operator calls the provider. */
  providerName?: string;
  session?: StatusSession;
  clusters?: string[];
  /** The connectors of the gateway, for a user who may see them. */
  connectors?: ConnectorRow[];
  openStreams?: number;
  /** The open elevations that the user can see. */
  elevations?: ElevationView[];
  /** The contexts of kubectl that lead to this gateway, with their clusters, and whether one is the current context. */
  contexts: { name: string; cluster: string; current: boolean }[];
  gateways: KnownLogin[];
  /** What could not be found out. */
  problems: CliError[];
};

const timeoutMs = 5000;

const isFailure = (error: unknown): error is CliError => error instanceof CliError;

/** Makes a call. Returns undefined, with its error among the problems, if it fails. */
async function attempt<T>(problems: CliError[], call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (!isFailure(error)) throw error;
    problems.push(error);
    return undefined;
  }
}

/** Returns why a gateway cannot be reached. One whose authority is not trusted yet answers: the login says what to do. */
async function whyUnreachable({ client }: OpenGateway): Promise<CliError | undefined> {
  try {
    await client.call({ method: 'GET', path: '/healthz', timeoutMs });
    return undefined;
  } catch (error) {
    if (!isFailure(error)) throw error;
    return error.exit === 'unreachable' && !isTrustFault(error.cause) ? error : undefined;
  }
}

async function askGateway(gateway: OpenGateway): Promise<Partial<Status> & { problems: CliError[] }> {
  const isStored = gateway.store.read() !== undefined;
  const login = await readLogin(gateway);
  if (login.state === 'not-logged-in') {
    // A login could not begin either.
    const problem = isStored && gateway.store.read() === undefined ? undefined : await whyUnreachable(gateway);
    return problem ? { state: 'unreachable', problems: [problem] } : { state: 'not-logged-in', problems: [] };
  }
  if (login.state === 'unreachable') {
    const { user, sessionId, expiresAt } = login.stored;
    return { state: 'unreachable', user, session: { id: sessionId, until: expiresAt }, problems: [login.problem] };
  }
  const { me } = login;
  const problems: CliError[] = [];
  const [clusters, streams, elevations] = await Promise.all([
    attempt(problems, async () => {
      const found = await fetchClusters(gateway);
      return { found, connectors: await readConnectors(gateway, found) };
    }),
    attempt(problems, () => callApi(gateway, 'GET /streams', 'the streams', {})),
    attempt(problems, () => openElevations(gateway)),
  ]);
  const { id, createdAt, expiresAt, idleEndsAt } = me.session;
  return {
    state: 'logged-in',
    user: me.user,
    groups: me.groups,
    provider: me.provider ?? undefined,
    providerName: me.providerName ?? undefined,
    session: { id, since: createdAt, until: expiresAt, idleUntil: idleEndsAt },
    clusters: clusters?.found.map(({ name }) => name),
    connectors: clusters?.connectors,
    openStreams: streams && streams.streams.length + streams.omitted,
    elevations,
    problems,
  };
}

async function contextsOf(environment: Environment, origin: string): Promise<Status['contexts']> {
  const files = kubeconfigFiles(environment);
  const current = (await kubectlContext(files))?.name;
  return (await kubectlContexts(files))
    .filter(({ place }) => place?.gateway.origin === origin)
    .map(({ name, place }) => ({ name, cluster: place!.cluster, current: name === current }));
}

function knownLogins(environment: Environment, origin: string | undefined): KnownLogin[] {
  return listLogins(environment).map(({ gateway, login }) => ({
    gateway: gateway.origin,
    current: gateway.origin === origin,
    user: login?.user,
    until: login?.expiresAt,
  }));
}

/** Finds out how the user stands: with the gateway that a command would use, and with the other known ones. */
export async function readStatus(environment: Environment, names: GatewayNames): Promise<Status> {
  let gateway: Awaited<ReturnType<typeof openGateway>>;
  try {
    gateway = await openGateway(environment, names);
  } catch (error) {
    if (!isFailure(error) || error.exit !== 'not-logged-in') throw error;
    return { state: 'not-logged-in', contexts: [], gateways: knownLogins(environment, undefined), problems: [error] };
  }
  const { origin } = gateway.address;
  const answer = await askGateway(gateway);
  return {
    state: 'not-logged-in',
    gateway: origin,
    source: gateway.found.source,
    ...answer,
    contexts: await contextsOf(environment, origin),
    // After the question, which may have found that a login has ended.
    gateways: knownLogins(environment, origin),
  };
}
