import { askDirectory } from './directory/provider-with-directory.ts';
import { createPrivateKey, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { foreignPrefixes, warnOfSharedNames } from '@sallyport/contracts';
import { createAuditSink, type AuditSink } from '@sallyport/audit-log';
import { createDirectoryStore, type DirectoryStore } from '@sallyport/directory';
import {
  createInternalServer,
  createReadiness,
  createSessionTokenSigner,
  listenHttp,
  loadServiceKeys,
  type LoadedConfig,
  type Logger,
  type Metrics,
  type Readiness,
  type RunningService,
  type ServiceVerifier,
  type SessionTokenSigner,
} from '@sallyport/kit';
import {
  createMemoryProviderTokenStore,
  createSessionStores,
  createTokenSealer,
  loadSealingKeys,
  type ProviderTokenStore,
  type SessionStore,
  type SingleUseStore,
} from '@sallyport/stores';
import type { AuthenticateDeps } from './app/authenticate-deps.ts';
import { createAuthenticateApp } from './app/create-authenticate-app.ts';
import { loadScimClients } from '@sallyport/directory';
import { openDirectory } from '@sallyport/directory';
import { openLoginSealer } from './login/open-pending-login-sealer.ts';
import { readLoginSettings } from './settings/login-settings.ts';
import { readClientKey } from './providers/openid/client-authentication.ts';
import { createProviderClient } from './providers/create-provider-client.ts';
import type { OutboundFetch } from '@sallyport/kit';
import { createOutboundFetch } from './providers/common/create-outbound-fetch.ts';
import { createRefresher } from './refresh/create-refresher.ts';
import { forgetWithSessions } from './tokens/delete-tokens-with-sessions.ts';
import { createLoginEvents } from './events/login-events.ts';
import { createLoginWatch } from './events/login-monitor.ts';

export type StartAuthenticate = {
  loaded: LoadedConfig;
  logger: Logger;
  metrics?: Metrics;
  readiness?: Readiness;
  /** HTTPS_PROXY and NO_PROXY, for calls to identity providers. */
  environment?: { httpsProxy?: string; noProxy?: string };
  /** What the composition may bring itself; whoever brings a thing also closes it. */
  sessions?: SessionStore;
  singleUse?: SingleUseStore;
  providerTokens?: ProviderTokenStore;
  directory?: DirectoryStore;
  audit?: AuditSink;
  verifier?: ServiceVerifier;
  now?: () => number;
  fetch?: OutboundFetch;
};

/** The running service: where it listens, whether it is ready, how to stop it. */
export type RunningAuthenticate = RunningService & { url: string; readiness: Readiness };

type Closing = (() => Promise<void>)[];

function createProviders(
  {
    loaded: {
      config: { identity },
      resolvePath,
    },
    environment,
    fetch,
    logger,
    now = Date.now,
  }: StartAuthenticate,
  keepsTokens: boolean,
  closing: Closing,
) {
  const read = (file: string | null | undefined) =>
    file == null ? undefined : readFileSync(resolvePath(file), 'utf8');
  for (const { path, message } of warnOfSharedNames(identity.providers)) logger.warn(`${path} ${message}`);
  return identity.providers.map((provider) => {
    const [ca, key] = [read(provider.caFile), read(provider.clientKeyFile)];
    const parts = {
      provider,
      now,
      keepsTokens,
      foreign: foreignPrefixes(provider, identity.providers),
      ...(key === undefined ? {} : { clientKey: readClientKey(key) }),
    };
    if (fetch) return createProviderClient({ ...parts, fetch });
    const own = createOutboundFetch({ ...environment, ...(ca === undefined ? {} : { ca }) });
    closing.push(own.close);
    return createProviderClient({ ...parts, fetch: own.fetch });
  });
}

async function openStores(
  {
    loaded: { config, resolvePath },
    logger,
    now = Date.now,
    sessions,
    singleUse,
    providerTokens,
    directory,
  }: StartAuthenticate,
  closing: Closing,
) {
  if (sessions && singleUse)
    return {
      sessions,
      singleUse,
      tokens: providerTokens ?? createMemoryProviderTokenStore({ now }),
      directory: directory ?? createDirectoryStore({ redis: undefined, now }),
    };
  const stores = await createSessionStores(config.sessions, { logger, now, resolvePath });
  closing.push(stores.close);
  return {
    sessions: sessions ?? stores.sessions,
    singleUse: singleUse ?? stores.singleUse,
    tokens: providerTokens ?? stores.tokens,
    directory: directory ?? createDirectoryStore({ redis: stores.redis, now }),
  };
}

/** Lets logins and sessions follow the directory, where the configuration names sources. */
function followDirectory(
  parts: StartAuthenticate,
  deps: AuthenticateDeps,
  store: DirectoryStore,
  closing: Closing,
): AuthenticateDeps {
  const {
    loaded,
    loaded: { config, resolvePath },
    environment,
    fetch,
    metrics,
  } = parts;
  if (config.identity.directory.sources.length === 0) return deps;
  const opened = openDirectory({
    ...deps,
    config,
    resolvePath,
    store,
    scimClients: loadScimClients(loaded),
    random: Math.random,
    sessionEvents: createLoginEvents(deps),
    ...(metrics ? { metrics } : {}),
    fetchFor(source) {
      if (fetch) return fetch;
      // Whole directories are read page by page, and a page that did not come is asked for again.
      const own = createOutboundFetch({
        ...environment,
        keepAliveMs: 10_000,
        ...('caFile' in source && source.caFile != null
          ? { ca: readFileSync(resolvePath(source.caFile), 'utf8') }
          : {}),
      });
      closing.push(own.close);
      return own.fetch;
    },
  });
  closing.push(opened.close);
  opened.start();
  return {
    ...deps,
    providers: deps.providers.map((client) => askDirectory(client, opened.directory)),
    sessions: opened.sessions,
    ...(opened.scim ? { scim: opened.scim } : {}),
  };
}

/**
 * Sessions in memory end with the process, and so may the key; in Redis nothing is kept that every reader of it could
 * use.
 */
function openKeeping(
  { loaded, logger }: StartAuthenticate,
  tokens: ProviderTokenStore,
): NonNullable<AuthenticateDeps['keeping']> | undefined {
  const keys = loadSealingKeys(loaded);
  if (keys.length > 0) return { tokens, sealer: createTokenSealer(keys) };
  if (!('redis' in loaded.config.sessions))
    return { tokens, sealer: createTokenSealer([{ id: 'of-this-process', key: randomBytes(32) }]) };
  logger.warn(
    'sessions.encryption has no keys: no refresh tokens are kept, so sessions live to their end whatever happens to the person at the identity provider',
  );
  return undefined;
}

/** Refreshes sessions beside the pages, where there is something to refresh them with. */
function startRefreshing(parts: StartAuthenticate, deps: AuthenticateDeps, closing: Closing): void {
  const { keeping } = deps;
  if (!keeping) return;
  const refresher = createRefresher({
    ...deps,
    keeping,
    events: createLoginEvents(deps),
    random: Math.random,
    ...(parts.metrics ? { metrics: parts.metrics } : {}),
  });
  refresher.start();
  closing.push(() => refresher.close());
}

function openAudit(
  { loaded: { config, resolvePath }, logger, metrics, now = Date.now, audit }: StartAuthenticate,
  closing: Closing,
): AuditSink {
  if (audit) return audit;
  const own = createAuditSink(config.audit, { logger, now, resolvePath, ...(metrics ? { metrics } : {}) });
  closing.push(() => own.close());
  return own;
}

/**
 * Tokens for Pomerium's clients are signed with the key that this service has anyway; their type keeps them apart from
 * its credentials.
 */
function openTokens({ loaded: { config, resolvePath }, now = Date.now }: StartAuthenticate): {
  tokens?: SessionTokenSigner;
} {
  const { keyFile } = config.services.authenticate;
  if (keyFile === undefined) return {};
  return {
    tokens: createSessionTokenSigner({
      privateKey: createPrivateKey(readFileSync(resolvePath(keyFile))),
      gatewayUrl: config.gateway.url,
      now,
    }),
  };
}

/** Counts logins, and tells of floods of them before the audit sink is closed. */
function openWatch(
  { metrics, now = Date.now }: StartAuthenticate,
  audit: AuditSink,
  closing: Closing,
): NonNullable<AuthenticateDeps['watch']> {
  const watch = createLoginWatch({
    events: createLoginEvents({ audit, now, randomId: () => randomUUID() }),
    now,
    ...(metrics ? { metrics } : {}),
  });
  closing.push(async () => watch.close());
  return watch;
}

/**
 * Composes and starts the service. It starts while Redis, Kafka and the identity providers are away, and needs no
 * restart when they come.
 */
export async function startAuthenticate(parts: StartAuthenticate): Promise<RunningAuthenticate> {
  const {
    loaded: { config },
    logger,
    now = Date.now,
    readiness = createReadiness(),
  } = parts;
  const closing: Closing = [];
  const verifier = parts.verifier ?? loadServiceKeys(parts.loaded, 'authenticate', now).verifier;
  const settings = readLoginSettings(config);
  const audit = openAudit(parts, closing);
  const { sessions: stored, singleUse, tokens, directory } = await openStores(parts, closing);
  const keeping = openKeeping(parts, tokens);
  const sessions = keeping ? forgetWithSessions(stored, { tokens, logger }) : stored;
  const providers = createProviders(parts, keeping !== undefined, closing);
  readiness.add('sessions', () => sessions.ping());
  const deps = followDirectory(
    parts,
    {
      settings,
      providers,
      sessions,
      singleUse,
      audit,
      verifier,
      ...openTokens(parts),
      ...(keeping ? { keeping } : {}),
      pending: openLoginSealer(parts.loaded),
      watch: openWatch(parts, audit, closing),
      logger,
      now,
      randomToken: () => randomBytes(32).toString('base64url'),
      randomId: () => randomUUID(),
    },
    directory,
    closing,
  );
  const server = createInternalServer({
    loaded: parts.loaded,
    service: 'authenticate',
    handler: createAuthenticateApp(deps),
  });
  const { host, port } = config.services.authenticate.listen;
  const listening = await listenHttp(server, { host, port });
  startRefreshing(parts, deps, closing);
  const scheme = config.services.authenticate.certFile === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${listening.port}`,
    readiness,
    async close() {
      await listening.close();
      for (const close of closing.reverse()) await close();
    },
  };
}
