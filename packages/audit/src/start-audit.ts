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
  type ServiceVerifier,
} from '@sallyport/kit';
import { createAuditApp } from './create-audit-app.ts';
import { createIngest } from './create-ingest.ts';
import { enforceRetention } from './enforce-retention.ts';
import type { AuditStore } from './store/audit-store.ts';
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
  verifier?: ServiceVerifier;
  now?: () => number;
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

/** Starts the service. It also starts while Kafka and PostgreSQL are down, and needs no restart when they come up. */
export async function startAudit(parts: StartAudit): Promise<RunningAudit> {
  const {
    loaded: { config, resolvePath },
    logger,
    now = Date.now,
    readiness = createReadiness(),
  } = parts;
  const verifier = parts.verifier ?? loadServiceKeys(parts.loaded, 'audit', now).verifier;
  const store = parts.store ?? createAuditStore(config.audit.store, { logger, resolvePath });
  const embedded = !config.audit.store || 'embedded' in config.audit.store;
  const retention = enforceRetention({
    store,
    logger,
    now,
    retentionMs: config.audit.retention,
    keepAnonymous: config.audit.keepAnonymous,
    ...(embedded ? { keep: config.audit.keep } : {}),
  });
  const counters = createIngestMetrics(parts.metrics);
  const ingest = createIngest({
    store,
    logger,
    onUnstorable: counters.unstorable,
    onStored(count) {
      counters.stored(count);
      retention.stored(count);
    },
  });
  const subscription = subscribe(parts, ingest);
  readiness.add('store', () => store.ping());
  readiness.add('events', () => subscription.check());
  const { host, port } = config.services.audit.listen;
  const listening = await listenHttp(
    createInternalServer({
      loaded: parts.loaded,
      service: 'audit',
      handler: createAuditApp({ store, verifier, logger, ...(embedded ? { concurrency: 1 } : {}) }),
    }),
    { host, port },
    'services.audit.listen',
  );
  const scheme = config.services.audit.certFile === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${listening.port}`,
    readiness,
    async close() {
      await listening.close();
      await subscription.close();
      await retention.close();
      if (!parts.store) await store.close();
    },
  };
}
