import { createPrivateKey, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { addAuditReadiness, openAuditSink, type AuditSink } from '@sallyport/audit-log';
import {
  createInternalServer,
  createReadiness,
  createSessionTokenSigner,
  listenHttp,
  loadServiceKeys,
  type Readiness,
  type RunningService,
  type ServiceKeys,
  type SessionTokenSigner,
} from '@sallyport/kit';
import { createPages, readPageLook } from '@sallyport/pages';
import type { AuthenticateDeps } from './app/authenticate-deps.ts';
import { composeDeps } from './app/compose-deps.ts';
import { createAuthenticateApp } from './app/create-authenticate-app.ts';
import { createLoginEvents } from './events/login-events.ts';
import { createLoginMonitor, type LoginMonitor } from './events/login-monitor.ts';
import { readLoginSettings } from './http/login-settings.ts';
import { openPendingLoginSealer } from './login/pending-login.ts';
import { createRefresher } from './refresh/create-refresher.ts';
import { createNameSeeder } from './service-accounts/create-name-seeder.ts';
import { createExpiryEvents, createExpiryReporter } from './session/expiry-reporter.ts';
import { createProviders, startDirectory } from './startup/create-clients.ts';
import { createWorkloads } from './startup/create-workloads.ts';
import { openStores, openTokenStorage } from './startup/open-stores.ts';
import type { Closing, StartAuthenticate } from './startup/start-parts.ts';

/** The running service: its URL, its readiness, and how to stop it. */
export type RunningAuthenticate = RunningService & { url: string; readiness: Readiness };

/** Starts work next to the pages. It ends when the service does. */
function startWork(work: { start(): void; close(): Promise<void> }, closing: Closing): void {
  work.start();
  closing.push(() => work.close());
}

async function openAudit(
  { loaded: { config, resolvePath }, logger, metrics, now = Date.now, audit }: StartAuthenticate,
  closing: Closing,
): Promise<AuditSink> {
  if (audit) return audit;
  const own = await openAuditSink(config.audit, {
    service: 'authenticate',
    logger,
    now,
    resolvePath,
    ...(metrics ? { metrics } : {}),
  });
  closing.push(() => own.close());
  return own;
}

/**
 * Signs tokens for Pomerium clients with the service key. Their token type distinguishes them from the credentials of
 * the service.
 */
function openSessionTokens(
  { loaded: { config, resolvePath }, now = Date.now }: StartAuthenticate,
  keys: ServiceKeys | undefined,
): { sessionTokens?: SessionTokenSigner } {
  const { keyFile } = config.services.authenticate;
  if (keyFile === undefined) return {};
  const fixed = keys ? undefined : createPrivateKey(readFileSync(resolvePath(keyFile)));
  return {
    sessionTokens: createSessionTokenSigner({
      get privateKey() {
        return fixed ?? keys!.privateKey();
      },
      gatewayUrl: config.gateway.url,
      now,
    }),
  };
}

/** Reads the service keys and follows their files, unless the caller has passed in a verifier. */
function openKeys({ loaded, logger, metrics, now = Date.now, verifier }: StartAuthenticate, closing: Closing) {
  if (verifier) return undefined;
  const keys = loadServiceKeys(loaded, 'authenticate', now);
  const following = keys.follow({ logger, metrics });
  closing.push(async () => following.close());
  return keys;
}

/** Counts logins, and reports floods of them before the audit sink is closed. */
function openMonitor({ metrics, now = Date.now }: StartAuthenticate, audit: AuditSink, closing: Closing): LoginMonitor {
  const monitor = createLoginMonitor({
    events: createLoginEvents({ audit, now, randomId: () => randomUUID() }),
    now,
    ...(metrics ? { metrics } : {}),
  });
  closing.push(async () => monitor.close());
  return monitor;
}

/** Opens everything that the service needs. */
async function openDeps(parts: StartAuthenticate, readiness: Readiness, closing: Closing): Promise<AuthenticateDeps> {
  const { loaded, logger, now = Date.now } = parts;
  const keys = openKeys(parts, closing);
  const verifier = parts.verifier ?? keys!.verifier;
  const settings = readLoginSettings(loaded.config);
  const audit = await openAudit(parts, closing);
  const { sessions, singleUse, names, tokens, directory: directoryStore } = await openStores(parts, closing);
  const tokenStorage = openTokenStorage(parts, tokens);
  const providers = createProviders(parts, tokenStorage !== undefined, closing);
  const workloads = createWorkloads(parts, closing);
  readiness.add('sessions', () => sessions.ping());
  addAuditReadiness(readiness, audit);
  const bare: AuthenticateDeps = {
    settings,
    providers,
    sessions,
    singleUse,
    names,
    audit,
    verifier,
    ...openSessionTokens(parts, keys),
    ...(tokenStorage ? { tokenStorage } : {}),
    ...(workloads ? { workloads } : {}),
    pendingLogins: openPendingLoginSealer(loaded),
    monitor: openMonitor(parts, audit, closing),
    pages: createPages(readPageLook(loaded.config)),
    ...(parts.tracer ? { tracer: parts.tracer } : {}),
    logger,
    now,
    randomToken: () => randomBytes(32).toString('base64url'),
    randomId: () => randomUUID(),
  };
  const hasSources = loaded.config.identity.directory.sources.length > 0;
  return composeDeps(bare, hasSources ? (deps) => startDirectory(parts, deps, directoryStore, closing) : undefined)
    .deps;
}

/**
 * Composes and starts the service. It starts while Redis, Kafka and the identity providers are down, and needs no
 * restart when they come back.
 */
export async function startAuthenticate(parts: StartAuthenticate): Promise<RunningAuthenticate> {
  const { loaded, readiness = createReadiness() } = parts;
  const closing: Closing = [];
  const deps = await openDeps(parts, readiness, closing);
  const server = createInternalServer({ loaded, service: 'authenticate', handler: createAuthenticateApp(deps) });
  const { listen, certFile } = loaded.config.services.authenticate;
  const { host, port } = listen;
  const listening = await listenHttp(server, { host, port }, 'services.authenticate.listen');
  const { random } = Math;
  const { tokenStorage } = deps;
  const events = createLoginEvents(deps);
  // Sessions are refreshed only where the tokens of their providers are stored.
  if (tokenStorage)
    startWork(createRefresher({ ...deps, tokenStorage, events, random, metrics: parts.metrics }), closing);
  startWork(createExpiryReporter({ ...deps, record: createExpiryEvents(deps), random }), closing);
  startWork(createNameSeeder({ ...deps, random }), closing);
  const scheme = certFile === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${listening.port}`,
    readiness,
    async close() {
      await listening.release(parts.releaseMs ?? 0);
      await listening.close();
      for (const close of closing.reverse()) await close();
    },
  };
}
