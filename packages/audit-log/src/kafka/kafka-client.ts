import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { AuditConfig } from '@sallyport/contracts';
import type * as KafkaModuleTypes from 'kafkajs';
import type { Kafka, LogEntry, logLevel } from 'kafkajs';
import type { Logger } from '@sallyport/kit';
import { quickenKafkajs } from './quicken-kafkajs.ts';
import { quietTimers } from './quiet-timers.ts';

/** `audit.kafka` of the configuration, when it is not the in-process bus. */
export type KafkaConfig = Exclude<AuditConfig['kafka'], { memory: true }>;

export type KafkaClientDeps = {
  kafka: KafkaConfig;
  logger: Logger;
  /** Makes the paths of `tls` absolute; the default leaves them as they are. */
  resolvePath?: (file: string) => string;
  clientId?: string;
};

type KafkaModule = typeof KafkaModuleTypes;

/** kafkajs's own defaults keep a caller waiting for minutes; whoever uses this client has a retry loop of its own. */
export const requestTimeoutMs = 3000;
export const kafkaRetry = { retries: 1, initialRetryTime: 100, maxRetryTime: 300 };

/** Loads kafkajs when it is first needed, so that programs which only share this package do not pay for it. */
export async function loadKafka(): Promise<KafkaModule> {
  quietTimers();
  quickenKafkajs();
  const loaded = (await import('kafkajs')) as KafkaModule & { default?: KafkaModule };
  return loaded.default ?? loaded;
}

/** Creates a kafkajs client with the brokers, TLS and SASL of the configuration, logging through ours. */
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
 * kafkajs repeats every failed attempt as an error; whoever uses the client reports an outage once, so its own lines
 * are for debugging. Only named fields pass: others may hold what was sent.
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
