import path from 'node:path';
import { usesKafka, type AuditConfig } from '@sallyport/contracts';
import { openSpool } from '@sallyport/spool';
import type { AuditLog, AuditSink } from './audit-sink.ts';
import { createAuditBus } from './create-audit-bus.ts';
import { createKafkaAuditSink, type KafkaAuditSinkDeps } from './create-kafka-audit-sink.ts';

export type AuditSinkDeps = Omit<KafkaAuditSinkDeps, 'kafka' | 'sender'> & {
  /** The log of this process, which is the sink if there is no Kafka. */
  log?: AuditLog;
};

/**
 * Creates the sink that `audit.kafka` in the configuration selects: Kafka, or the log of this process (`openAuditLog`).
 * Throws if there is no Kafka and no log was given, unless events are kept in memory only.
 */
export function createAuditSink(audit: AuditConfig, deps: AuditSinkDeps): AuditSink {
  const { log, ...rest } = deps;
  if (usesKafka(audit.kafka)) return createKafkaAuditSink({ ...rest, kafka: audit.kafka });
  if (log) return log;
  if (audit.kafka) return createAuditBus(rest);
  throw new Error('without audit.kafka, events need the audit log of a process that has all services');
}

/**
 * How long the event of a read may wait for the disk, in milliseconds. A sync is cheap at this rate, and while Kafka
 * acknowledges events none are needed.
 */
export const syncWithinMs = 100;

/**
 * Creates the sink and opens its spool, if `audit.spool` is in the configuration and Kafka is where events go. A service
 * has a directory of its own below `audit.spool.dir`. The log of a process brings a spool of its own, if it needs one.
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
