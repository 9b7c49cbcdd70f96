import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { env } from 'node:process';
import { warnOfClearKafka, type KafkaConfig, type KafkaTokenLogin } from '@sallyport/contracts';
import type * as KafkaModuleTypes from 'kafkajs';
import type { Kafka, LogEntry, logLevel, Mechanism } from 'kafkajs';
import type { Logger } from '@sallyport/kit';
import { loginWithToken } from './login/login-with-token.ts';
import { createFormFetch } from './login/create-form-fetch.ts';
import { createTokenSource } from './login/token-source.ts';
import { patchKafkajs } from './patch-kafkajs.ts';
import { suppressTimerWarning } from './suppress-timer-warning.ts';

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

/**
 * How long before the end of its session a connection logs in again (KIP-368), in milliseconds. With the 10 s of kafkajs,
 * a session that is shorter than that logs in before each request, which brokers refuse more than once a second.
 */
const reauthenticationThreshold = 2000;

/** Loads kafkajs when it is first needed, so that programs that never use Kafka do not pay for it. */
async function loadKafka(): Promise<{ module: KafkaModule; isPatched: boolean }> {
  suppressTimerWarning();
  const isPatched = patchKafkajs();
  const loaded = (await import('kafkajs')) as KafkaModule & { default?: KafkaModule };
  const module = loaded.default ?? loaded;
  return { module, isPatched: isPatched(module) };
}

/**
 * Creates a kafkajs client with the configured brokers, TLS and SASL. It logs through our logger. `isPatched` says whether
 * it sends messages as we encode them.
 */
export async function createKafkaClient(deps: KafkaClientDeps): Promise<{ client: Kafka; isPatched: boolean }> {
  const { module, isPatched } = await loadKafka();
  const { brokers, tls, sasl } = deps.kafka;
  const client = new module.Kafka({
    clientId: deps.clientId ?? 'sallyport',
    brokers,
    ...(tls ? { ssl: tls === true ? true : tlsOptions(tls, deps.resolvePath) } : {}),
    ...(sasl ? { sasl: sasl.mechanism === 'oauthbearer' ? await tokenLogin(sasl, deps) : (sasl as never) } : {}),
    connectionTimeout: 1000,
    authenticationTimeout: 2000,
    reauthenticationThreshold,
    requestTimeout: requestTimeoutMs,
    retry: kafkaRetry,
    logLevel: module.logLevel.WARN,
    logCreator: () => (entry) => forward(entry, deps.logger, module.logLevel),
  });
  return { client, isPatched };
}

/** All connections of the client share its tokens. */
async function tokenLogin(login: KafkaTokenLogin, { logger, resolvePath }: KafkaClientDeps): Promise<Mechanism> {
  // Loaded only for this login.
  const { createTokenRequest } = await import('./login/request-token.ts');
  const tokens = createTokenSource({
    request: createTokenRequest(login, createFormFetch(readNamed(login.caFile, resolvePath), env)),
    monotonicNow: () => performance.now(),
    onLate: ({ message }) =>
      logger.warn({ reason: message }, 'cannot renew the token for Kafka; using the old one until it expires'),
  });
  return loginWithToken(tokens, login.extensions);
}

/** Logs what is allowed about the connection and yet probably a mistake. Call it once, at the start. */
export function warnOfConnection({ kafka, logger }: Pick<KafkaClientDeps, 'kafka' | 'logger'>): void {
  for (const { path, message, hint } of warnOfClearKafka({ kafka })) logger.warn(`${path} ${message}; ${hint}`);
}

function readNamed(file: string | undefined, resolvePath = (name: string) => name): Buffer | undefined {
  return file === undefined ? undefined : readFileSync(resolvePath(file));
}

function tlsOptions(
  tls: { caFile?: string; certFile?: string; keyFile?: string },
  resolvePath: KafkaClientDeps['resolvePath'],
): ConnectionOptions {
  const read = (file: string | undefined) => readNamed(file, resolvePath);
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
