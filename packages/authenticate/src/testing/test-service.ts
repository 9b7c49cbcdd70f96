import { generateKeyPairSync, randomBytes, randomUUID, type KeyObject } from 'node:crypto';
import path from 'node:path';
import { pino, type Logger } from 'pino';
import { foreignPrefixes, type Config } from '@sallyport/contracts';
import {
  createDirectoryStore,
  loadScimClients,
  openDirectory,
  type DirectoryStore,
  type OpenedDirectory,
} from '@sallyport/directory';
import {
  createMetrics,
  createSessionTokenSigner,
  createSessionTokenVerifier,
  ProblemError,
  type Metrics,
  type OutboundFetch,
  type ServiceVerifier,
} from '@sallyport/kit';
import { createPages, readPageLook } from '@sallyport/pages';
import {
  createMemoryNameStore,
  createMemoryProviderTokenStore,
  createMemorySessionStore,
  createMemorySingleUseStore,
  createTokenSealer,
  type NameStore,
  type ProviderTokenStore,
  type SessionStore,
  type SingleUseStore,
} from '@sallyport/stores';
import type { AuthenticateDeps } from '../app/authenticate-deps.ts';
import { composeDeps } from '../app/compose-deps.ts';
import { createAuthenticateApp } from '../app/create-authenticate-app.ts';
import { createLoginEvents } from '../events/login-events.ts';
import { createLoginMonitor } from '../events/login-monitor.ts';
import { readLoginSettings } from '../http/login-settings.ts';
import { createProviderClient } from '../providers/create-provider-client.ts';
import { createRefresher } from '../refresh/create-refresher.ts';
import { createWorkloads } from '../startup/create-workloads.ts';
import { recordingSink } from './recording-sink.ts';
import { createBrowser } from './test-browser.ts';
import { credential, gateway, testConfig } from './test-config.ts';
import { createTestProvider, type TestProvider } from './test-provider.ts';

/** Parts of the service that a test replaces. */
type Replacements = {
  sessions?: SessionStore;
  singleUse?: SingleUseStore;
  names?: NameStore;
  providerTokens?: ProviderTokenStore;
  fetch?: OutboundFetch;
  directory?: DirectoryStore;
  apiFetch?: OutboundFetch;
  baseDir?: string;
  clock?: { now: number };
};

type Context = {
  config: Config;
  clock: { now: number };
  now: () => number;
  metrics: Metrics;
  replacements: Replacements;
};

/** Accepts the credential of the proxy only. */
const verifier: ServiceVerifier = {
  verified: () => undefined,
  verify: async (header) => {
    if (header !== credential) throw new ProblemError('unauthenticated', 'no');
    return 'proxy';
  },
};

function bareDeps(
  { config, now, metrics, replacements }: Context,
  provider: TestProvider,
  privateKey: KeyObject,
  logger: Logger,
) {
  const workloads = createWorkloads(
    {
      loaded: { config, resolvePath: (file) => file },
      fetch: replacements.apiFetch ?? (() => Promise.reject(new TypeError('there is no network here'))),
      logger,
      metrics,
      now,
    },
    [],
  );
  return {
    settings: readLoginSettings(config),
    sessions: replacements.sessions ?? createMemorySessionStore({ now }),
    singleUse: replacements.singleUse ?? createMemorySingleUseStore({ now }),
    names: replacements.names ?? createMemoryNameStore({ now }),
    audit: recordingSink(),
    now,
    sessionTokens: createSessionTokenSigner({ privateKey, gatewayUrl: gateway, now }),
    tokenStorage: {
      tokens: replacements.providerTokens ?? createMemoryProviderTokenStore({ now }),
      sealer: createTokenSealer([{ id: 'k', key: randomBytes(32) }]),
    },
    random: () => 0.5,
    providers: config.identity.providers.map((one) =>
      createProviderClient({
        provider: one,
        fetch: replacements.fetch ?? provider.fetch,
        now,
        foreign: foreignPrefixes(one, config.identity.providers, config.workloads),
      }),
    ),
    verifier,
    pages: createPages(readPageLook(config)),
    ...(workloads ? { workloads } : {}),
    logger,
    randomToken: () => randomBytes(32).toString('base64url'),
    randomId: () => randomUUID(),
  } satisfies AuthenticateDeps;
}

function openTestDirectory(
  { config, clock, metrics, replacements }: Context,
  store: DirectoryStore,
  deps: AuthenticateDeps,
): OpenedDirectory {
  const resolvePath = (file: string) => path.resolve(replacements.baseDir ?? '.', file);
  return openDirectory({
    ...deps,
    config,
    resolvePath,
    store,
    metrics,
    random: () => 0.5,
    scimClients: loadScimClients({ config, file: 'sallyport.yaml', resolvePath, place: () => undefined }),
    sessionEvents: createLoginEvents(deps),
    fetchFor: () => replacements.apiFetch ?? (() => Promise.reject(new TypeError('there is no network here'))),
    sleep: async (ms) => void (clock.now += ms),
  });
}

/**
 * Creates the service on memory stores, with a test provider behind each configured one, and a browser that keeps its
 * cookies. `elsewhere` is another browser, for logins that end in another place than they started.
 */
export async function createTestService(sections: Record<string, unknown> = {}, replacements: Replacements = {}) {
  const config = testConfig(sections);
  const clock = replacements.clock ?? { now: Date.now() };
  const now = () => clock.now;
  const metrics = createMetrics();
  const context: Context = { config, clock, now, metrics, replacements };
  const provider = await createTestProvider();
  const lines: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const bare = bareDeps(context, provider, privateKey, logger);
  const { audit, tokenStorage, sessions, singleUse } = bare;
  const store = replacements.directory ?? createDirectoryStore({ redis: undefined, now });
  const composed = composeDeps(bare, (deps) => openTestDirectory(context, store, deps));
  const directory = composed.directory!;
  const monitor = createLoginMonitor({ events: createLoginEvents(bare), now, metrics, later: () => {} });
  const deps: AuthenticateDeps = { ...composed.deps, monitor };
  const app = createAuthenticateApp(deps);
  return {
    app,
    deps,
    tokenStorage,
    refresher: createRefresher({ ...deps, tokenStorage, metrics, events: createLoginEvents(deps), random: () => 0.5 }),
    directory,
    store,
    metrics,
    config,
    tokens: createSessionTokenVerifier({ publicKeys: () => [publicKey], gatewayUrl: gateway, now }),
    clock,
    provider,
    audit,
    events: (type: string) => audit.records.filter((record) => record.type === type),
    sessions,
    singleUse,
    lines,
    browser: createBrowser(app),
    elsewhere: createBrowser(app),
  };
}
export type TestService = Awaited<ReturnType<typeof createTestService>>;
