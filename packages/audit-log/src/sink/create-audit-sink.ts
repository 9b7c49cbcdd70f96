import path from 'node:path';
import { usesKafka, type AuditConfig } from '@sallyport/contracts';
import { openSpool } from '@sallyport/spool';
import type { AuditSink } from './audit-sink.ts';
import { createAuditBus, type AuditBus } from './create-audit-bus.ts';
import { createKafkaAuditSink, type KafkaAuditSinkDeps } from './create-kafka-audit-sink.ts';

export type AuditSinkDeps = Omit<KafkaAuditSinkDeps, 'kafka' | 'sender'> & {
  /** The bus of this process, if others subscribe to it. By default a new one is created. */
  bus?: AuditBus;
};

/** Creates the sink that `audit.kafka` in the configuration selects: Kafka, or the bus of this process. */
export function createAuditSink(audit: AuditConfig, deps: AuditSinkDeps): AuditSink {
  const { bus, ...rest } = deps;
  return usesKafka(audit.kafka) ? createKafkaAuditSink({ ...rest, kafka: audit.kafka }) : (bus ?? createAuditBus(rest));
}

/**
 * How long an event may wait for Kafka before the disk must have it. Events gather for 50 ms before they are sent, so a
 * shorter time would cost syncs while Kafka answers at once.
 */
const syncWithinMs = 100;

/**
 * Opens the sink that the configuration selects, with the spool of this service if `audit.spool` is set. Every service
 * has a directory of its own below `audit.spool.dir`. The in-process bus needs no spool.
 */
export async function openAuditSink(audit: AuditConfig, deps: AuditSinkDeps): Promise<AuditSink> {
  if (!audit.spool || !usesKafka(audit.kafka)) return createAuditSink(audit, deps);
  const { resolvePath = (file) => file, logger, now, service } = deps;
  const spool = await openSpool({
    dir: path.join(resolvePath(audit.spool.dir), service),
    maxBytes: audit.spool.maxBytes,
    syncWithinMs,
    logger,
    now,
  });
  return createAuditSink(audit, { ...deps, spool });
}
