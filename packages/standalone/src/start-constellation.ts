import { createDirectoryStore } from '@sallyport/directory';
import { startAudit } from '@sallyport/audit';
import { startAuthenticate } from '@sallyport/authenticate';
import { startAuthorize } from '@sallyport/authorize';
import { createAuditBus, createAuditSink, type AuditBus } from '@sallyport/audit-log';
import {
  createAdminServer,
  createMetrics,
  createReadiness,
  listenHttp,
  loadServiceKeys,
  type LoadedConfig,
  type Logger,
  type Readiness,
} from '@sallyport/kit';
import { createSessionStores, type SessionStore } from '@sallyport/stores';
import { startProxy } from '@sallyport/proxy';

export type ConstellationDeps = {
  loaded: LoadedConfig;
  /** The logger of a part: each service has its own, and what they share logs as `standalone`. */
  loggerOf(part: string): Logger;
  now?: () => number;
  /** Variables for calls to identity providers. */
  environment?: { httpsProxy?: string; noProxy?: string };
  /** Called with the bus before anything runs, for taps on the events. */
  onBus?: (bus: AuditBus) => void;
};

export type Constellation = {
  gatewayPort: number;
  pagesPort: number | undefined;
  bus: AuditBus;
  sessions: SessionStore;
  /**
   * Resolves when every service says that it is ready (the embedded audit store takes some seconds); rejects after
   * `timeoutMs` with what is not.
   */
  ready(timeoutMs?: number): Promise<void>;
  close(): Promise<void>;
};

async function allReady(all: readonly Readiness[], timeoutMs: number): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const reports = await Promise.all(all.map((one) => one.report()));
    if (reports.every((one) => one.ready)) return;
    if (Date.now() > end)
      throw new Error(
        `not ready after ${timeoutMs / 1000} s: ${JSON.stringify(reports.filter((one) => !one.ready).map((one) => one.checks))}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Starts the four services in this process. They talk HTTP to each other as always; what `sallyport.yaml` keeps in
 * memory (sessions, the audit bus) they share.
 */
export async function startConstellation(deps: ConstellationDeps): Promise<Constellation> {
  const { loaded, loggerOf, now = Date.now } = deps;
  const logger = loggerOf('standalone');
  const { config, resolvePath } = loaded;
  const keysOf = (name: 'authenticate' | 'authorize' | 'audit' | 'proxy') => loadServiceKeys(loaded, name, now);
  const bus = createAuditBus({ logger, now });
  deps.onBus?.(bus);
  const sink = createAuditSink(config.audit, { logger, now, resolvePath, bus });
  const stores = await createSessionStores(config.sessions, { logger, now, resolvePath });
  const metrics = {
    authenticate: createMetrics(),
    authorize: createMetrics(),
    audit: createMetrics(),
    proxy: createMetrics(),
  };
  const readiness = {
    authenticate: createReadiness(),
    authorize: createReadiness(),
    audit: createReadiness(),
    proxy: createReadiness(),
  };
  const common = { loaded, now };
  const closers: (() => Promise<unknown>)[] = [() => stores.close(), () => sink.close()];
  const started = <T extends { close(): Promise<unknown> }>(service: T): T => {
    closers.push(() => service.close());
    return service;
  };
  const close = async () => {
    for (const end of closers.toReversed()) await end();
  };
  try {
    started(
      await startAudit({
        ...common,
        logger: loggerOf('audit'),
        metrics: metrics.audit,
        readiness: readiness.audit,
        verifier: keysOf('audit').verifier,
        bus,
      }),
    );
    started(
      await startAuthorize({
        ...common,
        logger: loggerOf('authorize'),
        metrics: metrics.authorize,
        readiness: readiness.authorize,
        sessions: stores.sessions,
        replicas: stores.replicas,
        streams: stores.streams,
        sink,
        verifier: keysOf('authorize').verifier,
      }),
    );
    started(
      await startAuthenticate({
        ...common,
        logger: loggerOf('authenticate'),
        metrics: metrics.authenticate,
        readiness: readiness.authenticate,
        sessions: stores.sessions,
        singleUse: stores.singleUse,
        providerTokens: stores.tokens,
        directory: createDirectoryStore({ redis: stores.redis, now }),
        audit: sink,
        verifier: keysOf('authenticate').verifier,
        ...(deps.environment ? { environment: deps.environment } : {}),
      }),
    );
    const proxy = started(
      await startProxy({
        ...common,
        logger: loggerOf('proxy'),
        metrics: metrics.proxy,
        readiness: readiness.proxy,
        identity: keysOf('proxy').identity,
        sink,
      }),
    );
    for (const name of ['authenticate', 'authorize', 'audit', 'proxy'] as const) {
      const admin = await listenHttp(
        createAdminServer({ metrics: metrics[name], readiness: readiness[name] }),
        config.services[name].adminListen,
      );
      closers.push(() => admin.close(0));
    }
    return {
      gatewayPort: proxy.port,
      pagesPort: proxy.pagesPort,
      bus,
      sessions: stores.sessions,
      close,
      ready: (timeoutMs = 60_000) => allReady(Object.values(readiness), timeoutMs),
    };
  } catch (error) {
    await close();
    throw error;
  }
}
