import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { AuditConfig } from '@sallyport/contracts';
import type * as KafkaModuleTypes from 'kafkajs';
import type { Kafka, LogEntry, logLevel } from 'kafkajs';
import type { Logger } from '@sallyport/kit';
import { replaceKafkajsModules } from './replace-kafkajs-modules.ts';
import { suppressTimerWarning } from './suppress-timer-warning.ts';

/** `audit.kafka` in the configuration, unless it selects the in-process bus. */
export type KafkaConfig = Exclude<AuditConfig['kafka'], { memory: true }>;

export type KafkaClientDeps = {
  kafka: KafkaConfig;
  logger: Logger;
  /** Makes the paths in `tls` absolute. By default they stay as they are. */
  resolvePath?: (file: string) => string;
  clientId?: string;
};

type KafkaModule = typeof KafkaModuleTypes;

/** With its defaults kafkajs keeps a caller waiting for minutes. The callers of this client have their own retry loops. */
export const requestTimeoutMs = 3000;
export const kafkaRetry = { retries: 1, initialRetryTime: 100, maxRetryTime: 300 };

/** Loads kafkajs when it is first needed, so that programs that never use Kafka do not pay for it. */
async function loadKafka(): Promise<KafkaModule> {
  suppressTimerWarning();
  replaceKafkajsModules();
  const loaded = (await import('kafkajs')) as KafkaModule & { default?: KafkaModule };
  return loaded.default ?? loaded;
}

/** Creates a kafkajs client with the configured brokers, TLS and SASL. It logs through our logger. */
export async function createKafkaClient(deps: KafkaClientDeps): Promise<{ client: Kafka; module: KafkaModule }> {
  const module = await loadKafka();
  const { brokers, tls, sasl } = deps.kafka;
  const client = new module.Kafka({
    clientId: deps.clientId ?? 'sallyport',
    brokers,
    ...(tls ? { ssl: tls === true ? true : tlsOptions(tls, deps.resolvePath) } : {}),
    ...(sasl ? { sasl: sasl as never } : {}),
    connectionTimeout: 1000,
    authenticationTimeout: 2000,
    requestTimeout: requestTimeoutMs,
    retry: kafkaRetry,
    logLevel: module.logLevel.WARN,
    logCreator: () => (entry) => forward(entry, deps.logger, module.logLevel),
  });
  return { client, module };
}

function tlsOptions(
  tls: { caFile?: string; certFile?: string; keyFile?: string },
  resolvePath = (file: string) => file,
): ConnectionOptions {
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(resolvePath(file)));
  return { ca: read(tls.caFile), cert: read(tls.certFile), key: read(tls.keyFile) };
}

/**
 * kafkajs logs every failed attempt as an error. The users of the client report an outage once, so kafkajs's own lines
 * are logged at debug level. Only known fields are logged, because others may contain the events that were sent.
 */
function forward(entry: LogEntry, logger: Logger, levels: typeof logLevel): void {
  const { message, broker, groupId, error, retryCount } = entry.log;
  const fields = {
    broker,
    groupId,
    retryCount,
    ...(typeof error === 'string' ? { reason: error } : {}),
    kafka: entry.namespace,
  };
  if (entry.level === levels.ERROR || entry.level === levels.WARN) logger.debug(fields, message);
  else logger.trace(fields, message);
}
