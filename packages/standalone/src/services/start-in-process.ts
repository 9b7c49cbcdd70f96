import { createDirectoryStore, type DirectoryStore } from '@sallyport/directory';
import { startAudit } from '@sallyport/audit';
import { startAuthenticate } from '@sallyport/authenticate';
import { startAuthorize } from '@sallyport/authorize';
import { openAuditLog, openAuditSink, type AuditLog, type AuditSink } from '@sallyport/audit-log';
import { serviceNames, usesKafka, type Config, type ServiceName } from '@sallyport/contracts';
import {
  createAdminServer,
  createMetrics,
  createReadiness,
  listenHttp,
  loadServiceKeys,
  type LoadedConfig,
  type Logger,
  type Metrics,
  type ProxyEnvironment,
  type Readiness,
} from '@sallyport/kit';
import { startTracing } from '@sallyport/kit/tracing';
import { createSessionStores, warnOfLosses, type SessionStore } from '@sallyport/stores';
import { startProxy } from '@sallyport/proxy';

export type InProcessDeps = {
  loaded: LoadedConfig;
  /** Returns the logger of a service. What the services share logs as `standalone`. */
  loggerOf(part: string): Logger;
  now?: () => number;
  /** Proxy settings for calls to identity providers. */
  environment?: Partial<ProxyEnvironment>;
  /** Called with each configuration that takes effect after a change. */
  onConfig?: (config: Config) => void;
  /** Called with the audit log before the services start, to subscribe to the events. Not called with Kafka. */
  onLog?: (log: AuditLog) => void;
};

/** The four services in one process. */
export type InProcessServices = {
  gatewayPort: number;
  pagesPort: number | undefined;
  sessions: SessionStore;
  /**
   * Resolves when every service is ready (the embedded audit store takes some seconds). Rejects after `timeoutMs` with
   * the checks that fail, or when the services are closed.
   */
  ready(timeoutMs?: number): Promise<void>;
  isClosed(): boolean;
  /** Makes the services that follow the configuration read it again. */
  reload(): void;
  close(): Promise<void>;
};

type Shared = {
  log: AuditLog | undefined;
  sink: AuditSink;
  stores: Awaited<ReturnType<typeof createSessionStores>>;
  directory: DirectoryStore;
  now: () => number;
  metrics: Record<ServiceName, Metrics>;
  readiness: Record<ServiceName, Readiness>;
};
type Started = <T extends { close(): Promise<unknown> }>(service: T) => T;

/** Throws an error with the checks that fail. */
async function refuseUnready(all: readonly Readiness[]): Promise<void> {
  const reports = await Promise.all(all.map((one) => one.report()));
  const unready = reports.filter((one) => !one.ready).map((one) => one.checks);
  if (unready.length > 0) throw new Error(JSON.stringify(unready));
}

async function allReady(all: readonly Readiness[], timeoutMs: number, isClosed: () => boolean): Promise<void> {
  for (const end = performance.now() + timeoutMs; ; await new Promise((resolve) => setTimeout(resolve, 50)))
    try {
      return await refuseUnready(all);
    } catch (error) {
      if (performance.now() > end || isClosed())
        throw new Error(`not ready after ${timeoutMs / 1000} s: ${(error as Error).message}`, { cause: error });
    }
}

function perService<T>(create: () => T): Record<ServiceName, T> {
  return Object.fromEntries(serviceNames.map((name) => [name, create()])) as Record<ServiceName, T>;
}

/** Starts the services in the order in which they depend on each other. */
async function startServices(deps: InProcessDeps, shared: Shared, started: Started) {
  const { log, sink, stores, directory, now } = shared;
  const keysOf = (name: ServiceName) => {
    const keys = loadServiceKeys(deps.loaded, name, now);
    const following = keys.follow({ logger: deps.loggerOf(name), metrics: shared.metrics[name] });
    started({ close: async () => following.close() });
    return keys;
  };
  const common = (name: ServiceName) => ({
    loaded: deps.loaded,
    now,
    logger: deps.loggerOf(name),
    metrics: shared.metrics[name],
    readiness: shared.readiness[name],
  });
  const tracerOf = async (name: ServiceName) => {
    const tracer = await startTracing({ ...common(name), service: name });
    return tracer && started(tracer);
  };
  started(await startAudit({ ...common('audit'), keys: keysOf('audit'), ...(log ? { log } : {}) }));
  // Closed before the audit service, which stores the last events of the others.
  started(sink);
  const authorize = started(
    await startAuthorize({
      ...common('authorize'),
      tracer: await tracerOf('authorize'),
      sessions: stores.sessions,
      replicas: stores.replicas,
      streams: stores.streams,
      elevations: { store: stores.elevations, sink, directory },
      ...(deps.environment ? { environment: deps.environment } : {}),
      sink,
      verifier: keysOf('authorize').verifier,
    }),
  );
  started(
    await startAuthenticate({
      ...common('authenticate'),
      tracer: await tracerOf('authenticate'),
      sessions: stores.sessions,
      singleUse: stores.singleUse,
      names: stores.names,
      providerTokens: stores.tokens,
      directory,
      audit: sink,
      verifier: keysOf('authenticate').verifier,
      ...(deps.environment ? { environment: deps.environment } : {}),
    }),
  );
  const tracer = await tracerOf('proxy');
  const environment = deps.environment ? { environment: deps.environment } : {};
  const onConfig = deps.onConfig ? { onConfig: deps.onConfig } : {};
  const parts = { ...common('proxy'), ...keysOf('proxy'), ...environment, ...onConfig, sink, tracer };
  const proxy = started(await startProxy(parts));
  return { authorize, proxy };
}

/**
 * Starts the four services in this process. They call each other over HTTP as usual. They share what `sallyport.yaml`
 * keeps in memory, and the audit log.
 */
export async function startInProcess(deps: InProcessDeps): Promise<InProcessServices> {
  const { loaded, now = Date.now } = deps;
  const logger = deps.loggerOf('standalone');
  const { config, resolvePath } = loaded;
  const metrics = perService(createMetrics);
  const readiness = perService(createReadiness);
  const closers: (() => Promise<unknown>)[] = [];
  let phase: 'starting' | 'running' | 'stopping' = 'starting';
  const started: Started = (service) => {
    closers.push(() => service.close());
    return service;
  };
  const close = async () => {
    phase = 'stopping';
    for (const end of closers.toReversed()) await end();
  };
  try {
    // Closed last, so that what happens while streams end can be measured.
    for (const name of serviceNames) {
      const admin = await listenHttp(
        createAdminServer({ metrics: metrics[name], readiness: readiness[name] }),
        config.services[name].adminListen,
        `services.${name}.adminListen`,
      );
      closers.push(() => admin.close(0));
      readiness[name].add('service', () => {
        if (phase !== 'running') throw new Error(phase);
      });
    }
    const log = usesKafka(config.audit.kafka)
      ? undefined
      : started(await openAuditLog(config, { logger, metrics: metrics.proxy, now, resolvePath }));
    if (log) deps.onLog?.(log);
    const sink = await openAuditSink(config.audit, {
      service: 'sallyport',
      logger,
      metrics: metrics.proxy,
      now,
      resolvePath,
      ...(log ? { log } : {}),
    });
    closers.push(() => sink.close());
    const data = resolvePath(config.data);
    const stores = started(await createSessionStores(config.sessions, { logger, now, resolvePath, data }));
    await warnOfLosses(stores.redis, config, logger);
    // One for both services: with sessions in memory, authorize would otherwise see an empty directory.
    const directory = createDirectoryStore({ redis: stores.redis, tables: stores.tables, now });
    const { authorize, proxy } = await startServices(
      deps,
      { log, sink, stores, directory, now, metrics, readiness },
      started,
    );
    // Without these it refuses everyone. Without the store of events it only finds none of them.
    readiness.proxy.add('services', () => refuseUnready([readiness.authenticate, readiness.authorize]));
    phase = 'running';
    return {
      gatewayPort: proxy.port,
      pagesPort: proxy.pagesPort,
      sessions: stores.sessions,
      close,
      reload() {
        authorize.reload();
        proxy.reload();
      },
      isClosed: () => phase === 'stopping',
      ready: (timeoutMs = 60_000) => allReady(Object.values(readiness), timeoutMs, () => phase === 'stopping'),
    };
  } catch (error) {
    await close();
    throw error;
  }
}
