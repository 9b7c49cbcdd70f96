import { randomUUID } from 'node:crypto';
import {
  checkAuditSink,
  consumeKafkaAudit,
  createGroupWait,
  createIngestMetrics,
  type AuditConsumer,
  type AuditLog,
  type StoredPositions,
} from '@sallyport/audit-log';
import { trailDirectory } from '@sallyport/audit-log/trail-files';
import { usesKafka, type AuditConfig } from '@sallyport/contracts';
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
import { createWebhookLimits } from './cluster-events/webhook-limits.ts';
import { createWebhookMetrics } from './cluster-events/webhook-metrics.ts';
import { createAuditApp } from './create-audit-app.ts';
import { createIngest } from './create-ingest.ts';
import { nameOfDatabase } from './database/database-directory.ts';
import { createStoreMetrics, enforceRetention } from './events/enforce-retention.ts';
import type { EventStore } from './events/event-store.ts';
import { createJoinMetrics } from './live-join/join-metrics.ts';
import type { JoinStore } from './live-join/join-store.ts';
import { startLiveJoin, type LiveJoin, type LiveJoinDeps } from './live-join/start-live-join.ts';
import { startProof } from './proof/start-proof.ts';
import { startRecordings } from './recordings/start-recordings.ts';
import { openStores, type AuditStores } from './stores/open-stores.ts';

export type StartAudit = {
  loaded: LoadedConfig;
  logger: Logger;
  metrics?: Metrics;
  readiness?: Readiness;
  /** The audit log of this process, if there is no Kafka. */
  log?: AuditLog;
  /** Passed in by the caller, who then also closes it. */
  stores?: AuditStores;
  keys?: Pick<ServiceKeys, 'identity' | 'verifier'>;
  now?: () => number;
  /** How long clients have to give up the connections that they keep, in milliseconds. */
  releaseMs?: number;
};

/** The running service: its URL, its readiness, and how to stop it. */
export type RunningAudit = RunningService & { url: string; readiness: Readiness };

type Subscription = { check(): void; seekStored?(): Promise<void>; close(): Promise<void> };

/**
 * All replicas of an installation form one consumer group, so that one of them stores each event. Installations that
 * share Kafka have different topics. In a common group the leader would assign only the partitions of its own topic,
 * and the others would not be read. An embedded store has a group of its own.
 */
function groupOf(topic: string, loaded: LoadedConfig): string {
  const { store } = loaded.config.audit;
  const own = store && 'embedded' in store ? `.${nameOf(loaded)}` : '';
  return `sallyport-audit.${topic}${own}`;
}

function subscribe(parts: StartAudit, onRecords: AuditConsumer, positions: StoredPositions): Subscription {
  const {
    loaded: { config, resolvePath },
    logger,
    metrics,
    log,
    now = Date.now,
  } = parts;
  const { kafka } = config.audit;
  if (usesKafka(kafka)) {
    return consumeKafkaAudit({
      kafka,
      groupId: groupOf(kafka.topic, parts.loaded),
      onRecords,
      positions,
      logger,
      now,
      resolvePath,
      ...(metrics ? { metrics } : {}),
    });
  }
  if (!log) throw new ConfigFaults(parts.loaded.file, checkAuditSink(parts.loaded));
  return { check: () => undefined, close: log.subscribe('store', onRecords, nameOf(parts.loaded) ?? randomUUID()) };
}

function urlOf({ config }: LoadedConfig, port: number): string {
  const { certFile, listen } = config.services.audit;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `${certFile === undefined ? 'http' : 'https'}://${host}:${port}`;
}

/** Starts to compare the events of the clusters that send theirs. */
function startJoin(
  { loaded, logger, metrics, now = Date.now }: StartAudit,
  join: JoinStore,
  rest: Pick<LiveJoinDeps, 'sink' | 'checkTrail'>,
): LiveJoin | undefined {
  const clusters = loaded.config.clusters.flatMap(({ name, auditWebhook }) =>
    auditWebhook ? [{ name, ...auditWebhook }] : [],
  );
  if (clusters.length === 0) return undefined;
  return startLiveJoin({ ...rest, clusters, join, logger, now, metrics: createJoinMetrics(metrics) });
}

/**
 * Names the store, so that events are read from the oldest on when another one takes its place. All replicas have the same
 * PostgreSQL database. An embedded one may be lost, and made again. One in memory has no name: it is always another one.
 */
function nameOf({ config: { audit }, resolvePath }: LoadedConfig): string | undefined {
  if (audit.store === undefined) return undefined;
  if ('embedded' in audit.store) return `embedded.${nameOfDatabase(resolvePath(audit.store.embedded))}`;
  const { host, pathname } = new URL(audit.store.postgres);
  return `${host}${pathname}`;
}

/**
 * Returns from where a store that is new, was restored, or took the place of another goes on with the trail: from files,
 * or from the topic.
 */
function trailOf(
  { loaded, logger }: StartAudit,
  positions: StoredPositions,
  seekStored: () => Promise<void> | undefined,
): {
  trail?: string;
  caughtUp?: (signal: AbortSignal) => Promise<void>;
} {
  const { config, resolvePath } = loaded;
  const { kafka } = config.audit;
  if (usesKafka(kafka)) {
    const groupId = groupOf(kafka.topic, loaded);
    const wait = createGroupWait({ kafka, groupId, positions, logger, resolvePath });
    return {
      async caughtUp(signal) {
        await seekStored();
        await wait(signal);
      },
    };
  }
  return kafka === undefined ? { trail: trailDirectory(resolvePath(config.data)) } : {};
}

const isEmbedded = (store: AuditConfig['store']): boolean => !store || 'embedded' in store;

function startRetention({ loaded, logger, metrics, now = Date.now }: StartAudit, store: EventStore) {
  const { audit } = loaded.config;
  return enforceRetention({
    store,
    logger,
    now,
    retentionMs: audit.retention,
    keepAnonymous: audit.keepAnonymous,
    holds: audit.legalHolds,
    ...(metrics ? { metrics: createStoreMetrics(metrics) } : {}),
    ...(isEmbedded(audit.store) ? { keep: audit.keep } : {}),
  });
}

/** Starts the service. It also starts while Kafka and PostgreSQL are down, and needs no restart when they come up. */
export async function startAudit(parts: StartAudit): Promise<RunningAudit> {
  const { loaded, logger, metrics, now = Date.now, readiness = createReadiness() } = parts;
  const { audit, clusters, services } = loaded.config;
  const own = parts.keys ? undefined : loadServiceKeys(loaded, 'audit', now);
  const { identity, verifier } = parts.keys ?? own!;
  const following = own?.follow(parts);
  const counters = createIngestMetrics(metrics);
  const { store } = audit;
  const stores =
    parts.stores ?? openStores(store, { logger, resolvePath: loaded.resolvePath, onConflicts: counters.conflicting });
  const retention = startRetention(parts, stores.events);
  const subscribed: { as?: Subscription } = {};
  const trail = trailOf(parts, stores.events.positions, () => subscribed.as?.seekStored?.());
  const proof = startProof({ ...parts, ...trail, now }, stores.proof);
  const checkTrail = () => subscription.check();
  const live = startJoin(parts, stores.join, { sink: proof.sink, checkTrail });
  const recordings = await startRecordings({ ...parts, now }, stores.recordings, { sink: proof.sink, checkTrail });
  const ingest = createIngest({
    store: stores.events,
    logger,
    onUnstorable: counters.unstorable,
    onStored(records) {
      counters.stored(records.length);
      retention.stored(records.length);
      proof.checkpointer.stored(records);
      live?.stored(records);
      recordings.stored(records);
    },
  });
  const subscription = subscribe(parts, ingest, stores.events.positions);
  subscribed.as = subscription;
  readiness.add('store', () => stores.ping());
  readiness.add('events', () => subscription.check());
  const handler = createAuditApp({
    ...stores,
    files: recordings.files,
    verifier,
    logger,
    keys: proof.keys,
    cursorSecret: () => identity.secretFor('audit.cursor'),
    ...(isEmbedded(store) ? { concurrency: 1 } : {}),
    webhook: {
      clusters,
      store: stores.clusterEvents,
      limits: createWebhookLimits({ now }),
      metrics: createWebhookMetrics(metrics),
      logger,
      now,
    },
  });
  const listening = await listenHttp(
    createInternalServer({ loaded, service: 'audit', handler }),
    services.audit.listen,
    'services.audit.listen',
  );
  return {
    url: urlOf(loaded, listening.port),
    readiness,
    async close() {
      await listening.release(parts.releaseMs ?? 0);
      following?.close();
      await listening.close();
      await subscription.close();
      await live?.close();
      await recordings.close();
      await proof.close();
      await retention.close();
      if (!parts.stores) await stores.close();
    },
  };
}
