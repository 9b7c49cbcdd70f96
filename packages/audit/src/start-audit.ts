import {
  checkAuditSink,
  consumeKafkaAudit,
  createIngestMetrics,
  type AuditBus,
  type AuditConsumer,
} from '@sallyport/audit-log';
import {
  ConfigFaults,
  createInternalServer,
  createReadiness,
  listenHttp,
  loadServiceKeys,
  type LoadedConfig,
  type Logger,
  type Metrics,
  type Readiness,
  type RunningService,
  type ServiceKeys,
} from '@sallyport/kit';
import type { WebhookDeps } from './cluster-events/mount-webhook.ts';
import { createWebhookLimits } from './cluster-events/webhook-limits.ts';
import { createWebhookMetrics } from './cluster-events/webhook-metrics.ts';
import { createJoinMetrics } from './cluster-events/join-metrics.ts';
import type { LiveJoinDeps } from './cluster-events/live-join-deps.ts';
import { startLiveJoin, type LiveJoin } from './cluster-events/start-live-join.ts';
import { createAuditApp, type AuditAppDeps } from './create-audit-app.ts';
import { createIngest } from './create-ingest.ts';
import { createStoreMetrics } from './create-store-metrics.ts';
import { enforceRetention } from './enforce-retention.ts';
import { startProof } from './proof/start-proof.ts';
import type { AuditStore, LegalHold } from './store/audit-store.ts';
import { createAuditStore } from './store/create-audit-store.ts';

export type StartAudit = {
  loaded: LoadedConfig;
  logger: Logger;
  metrics?: Metrics;
  readiness?: Readiness;
  /** The bus of this process, if there is no Kafka. */
  bus?: AuditBus;
  /** Passed in by the caller, who then also closes it. */
  store?: AuditStore;
  keys?: Pick<ServiceKeys, 'identity' | 'verifier'>;
  now?: () => number;
  /** How long clients have to give up the connections that they keep, in milliseconds. */
  releaseMs?: number;
};

/** The running service: its URL, its readiness, and how to stop it. */
export type RunningAudit = RunningService & { url: string; readiness: Readiness };

type Subscription = { check(): void; close(): Promise<void> };

/**
 * All replicas of an installation form one consumer group, so that one of them stores each event. Installations that
 * share Kafka have different topics. In a common group the leader would assign only the partitions of its own topic,
 * and the others would not be read.
 */
const groupOf = (topic: string) => `sallyport-audit.${topic}`;

function subscribe(parts: StartAudit, onRecords: AuditConsumer): Subscription {
  const {
    loaded: { config, resolvePath },
    logger,
    metrics,
    bus,
    now = Date.now,
  } = parts;
  const { kafka } = config.audit;
  if (!('memory' in kafka)) {
    return consumeKafkaAudit({
      kafka,
      groupId: groupOf(kafka.topic),
      onRecords,
      logger,
      now,
      resolvePath,
      ...(metrics ? { metrics } : {}),
    });
  }
  if (!bus) throw new ConfigFaults(parts.loaded.file, checkAuditSink(parts.loaded));
  const unsubscribe = bus.subscribe(onRecords);
  return { check: () => undefined, close: async () => unsubscribe() };
}

function urlOf({ config }: LoadedConfig, port: number): string {
  const { certFile, listen } = config.services.audit;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `${certFile === undefined ? 'http' : 'https'}://${host}:${port}`;
}

function holdsOf({ config }: LoadedConfig): LegalHold[] {
  return config.audit.legalHolds.map(({ name, from, until }) => ({
    name,
    from,
    ...(until === undefined ? {} : { until }),
  }));
}

function webhookOf({ loaded, logger, metrics, now = Date.now }: StartAudit, store: AuditStore): WebhookDeps {
  return {
    clusters: loaded.config.clusters,
    store: store.clusterEvents,
    limits: createWebhookLimits({ now }),
    metrics: createWebhookMetrics(metrics),
    logger,
    now,
  };
}

/** Starts to compare the events of the clusters that send theirs. */
function startJoin(
  { loaded, logger, metrics, now = Date.now }: StartAudit,
  { join }: AuditStore,
  rest: Pick<LiveJoinDeps, 'sink' | 'checkTrail'>,
): LiveJoin | undefined {
  const clusters = loaded.config.clusters.flatMap(({ name, auditWebhook }) =>
    auditWebhook ? [{ name, ...auditWebhook }] : [],
  );
  if (clusters.length === 0) return undefined;
  return startLiveJoin({ ...rest, clusters, join, logger, now, metrics: createJoinMetrics(metrics) });
}

/** Starts to answer the other services. */
function listen(
  parts: StartAudit,
  { store, ...rest }: Pick<AuditAppDeps, 'verifier' | 'keys' | 'cursorSecret'> & { store: AuditStore },
) {
  const { loaded, logger } = parts;
  const { audit, services } = loaded.config;
  const embedded = !audit.store || 'embedded' in audit.store;
  const handler = createAuditApp({
    ...rest,
    store,
    logger,
    ...(embedded ? { concurrency: 1 } : {}),
    webhook: webhookOf(parts, store),
  });
  return listenHttp(
    createInternalServer({ loaded, service: 'audit', handler }),
    services.audit.listen,
    'services.audit.listen',
  );
}

const openStore = (
  { loaded: { config, resolvePath }, logger }: StartAudit,
  { conflicting }: ReturnType<typeof createIngestMetrics>,
): AuditStore => createAuditStore(config.audit.store, { logger, resolvePath, onConflicts: conflicting });

/** Starts the service. It also starts while Kafka and PostgreSQL are down, and needs no restart when they come up. */
export async function startAudit(parts: StartAudit): Promise<RunningAudit> {
  const {
    loaded: { config },
    logger,
    now = Date.now,
    readiness = createReadiness(),
  } = parts;
  const own = parts.keys ? undefined : loadServiceKeys(parts.loaded, 'audit', now);
  const { identity, verifier } = parts.keys ?? own!;
  const following = own?.follow(parts);
  const counters = createIngestMetrics(parts.metrics);
  const store = parts.store ?? openStore(parts, counters);
  const embedded = !config.audit.store || 'embedded' in config.audit.store;
  const retention = enforceRetention({
    store,
    logger,
    now,
    retentionMs: config.audit.retention,
    keepAnonymous: config.audit.keepAnonymous,
    holds: holdsOf(parts.loaded),
    ...(parts.metrics ? { metrics: createStoreMetrics(parts.metrics) } : {}),
    ...(embedded ? { keep: config.audit.keep } : {}),
  });
  const proof = startProof({ ...parts, logger, now }, store.proof);
  const live = startJoin(parts, store, { sink: proof.sink, checkTrail: () => subscription.check() });
  const ingest = createIngest({
    store,
    logger,
    onUnstorable: counters.unstorable,
    onStored(records) {
      counters.stored(records.length);
      retention.stored(records.length);
      proof.checkpointer.stored(records);
      live?.stored(records);
    },
  });
  const subscription = subscribe(parts, ingest);
  readiness.add('store', () => store.ping());
  readiness.add('events', () => subscription.check());
  const listening = await listen(parts, {
    store,
    verifier,
    keys: proof.keys,
    cursorSecret: () => identity.secretFor('audit.cursor'),
  });
  return {
    url: urlOf(parts.loaded, listening.port),
    readiness,
    async close() {
      await listening.release(parts.releaseMs ?? 0);
      following?.close();
      await listening.close();
      await subscription.close();
      await live?.close();
      await proof.close();
      await retention.close();
      if (!parts.store) await store.close();
    },
  };
}
