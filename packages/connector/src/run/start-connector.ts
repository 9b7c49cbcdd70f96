import { lookup } from 'node:dns/promises';
import { createPublicKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { CarrierError, keyIdOf, targetText } from '@sallyport/carrier';
import { keepCarriers, openCarrier } from '@sallyport/carrier/connector';
import { sallyportVersion } from '@sallyport/contracts';
import { createWarnOnce, type Logger, type Metrics, type Readiness } from '@sallyport/kit';
import { defaultToken } from '../config/connector-config.ts';
import type { ConnectorConfig } from '../config/load-connector-config.ts';
import { publicKeyText } from '../key/connector-key.ts';
import { createReach } from '../reach/create-reach.ts';
import { createTokenSource } from '../token/create-token-source.ts';
import { requestToken } from '../token/request-token.ts';
import { connectSocket } from './connect-socket.ts';
import { createConnectorMetrics } from './connector-metrics.ts';

type Deps = {
  config: ConnectorConfig;
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
  env: NodeJS.ProcessEnv;
  /** Where the kubelet puts the credential of the pod. */
  podDirectory: string;
  /** The API server that gives the token, as host:port. */
  apiServer: string;
};
type Counters = ReturnType<typeof createConnectorMetrics>;

/** Starts asking for the token of the gateway. Returns undefined outside of a pod, and where the configuration wants none. */
function startToken({ config, logger, podDirectory, apiServer }: Deps, { tokens }: Counters) {
  const settings = config.token === undefined ? defaultToken() : config.token;
  if (settings === null || !existsSync(path.join(podDirectory, 'token'))) return undefined;
  const outage = createWarnOnce(logger, {
    failed: 'there is no new token for the gateway; trying again',
    recovered: 'there is a new token for the gateway again',
  });
  return createTokenSource({
    request: () => requestToken({ server: apiServer, directory: podDirectory, settings }),
    now: () => performance.now(),
    random: Math.random,
    onRenewed(lifetimeMs) {
      tokens.inc({ result: 'renewed' });
      outage.recovered();
      logger.debug({ lifetimeMs }, 'the token for the gateway was renewed');
    },
    onFailed(error) {
      tokens.inc({ result: 'failed' });
      outage.failed({ err: error });
    },
  });
}

/** Says why a carrier cannot be opened, once for each reason. */
function createFailureLog(logger: Logger, publicKey: string) {
  let last = '';
  return {
    failed(error: Error) {
      const code = error instanceof CarrierError ? error.code : 'unreachable';
      if (last !== code) {
        const advice =
          code === 'not-known'
            ? { advice: `Add this key to the connector in sallyport.yaml of the gateway: publicKeys: [${publicKey}]` }
            : {};
        logger.warn({ code, reason: error.message, ...advice }, 'no connection to the gateway; trying again');
      }
      last = code;
    },
    recovered() {
      last = '';
    },
  };
}

/** Starts a connector: it keeps its carriers to the gateway until `close`, which lets open connections end first. */
export function startConnector(deps: Deps): { close(): Promise<void> } {
  const { config, logger, metrics, readiness, env } = deps;
  const list = config.reach.map(targetText);
  const publicKey = publicKeyText(config.privateKey);
  const reach = createReach({ list: config.reach, lookup: (name) => lookup(name, { all: true, verbatim: true }) });
  const counters = createConnectorMetrics(metrics, () => kept.status());
  const token = startToken(deps, counters);
  const failures = createFailureLog(logger, publicKey);

  const kept = keepCarriers({
    count: config.carriers,
    now: Date.now,
    random: Math.random,
    open: (signal) =>
      openCarrier(
        {
          url: new URL(config.gateway),
          ca: config.ca,
          connectSocket: connectSocket(env),
          privateKey: config.privateKey,
          gatewayKeys: config.gatewayKeys,
          hello: () => ({
            version: sallyportVersion,
            reach: list,
            token: token === undefined ? null : { server: deps.apiServer },
          }),
          token,
          async dial(target, gone) {
            try {
              const socket = await reach.dial(target, gone);
              counters.dials.inc({ result: 'connected' });
              return socket;
            } catch (error) {
              const isRefused = error instanceof CarrierError && error.code === 'not-allowed';
              counters.dials.inc({ result: isRefused ? 'not-allowed' : 'failed' });
              if (isRefused) logger.warn({ reason: error.message }, 'the gateway asked for what it may not reach');
              throw error;
            }
          },
        },
        signal,
      ),
    onOpened() {
      failures.recovered();
      logger.info('connected to the gateway');
    },
    onClosed: (reason) => logger.info({ reason }, 'a connection to the gateway ended'),
    onFailed: failures.failed,
  });
  readiness.add('gateway', () => {
    if (!kept.status().some(({ state }) => state === 'connected')) throw new Error('not connected');
  });
  logger.info(
    {
      version: sallyportVersion,
      gateway: config.gateway,
      reach: list,
      key: keyIdOf(createPublicKey(config.privateKey)),
      publicKey,
      givesTokens: token !== undefined,
    },
    'the connector is running; the gateway needs its public key in connectors of sallyport.yaml',
  );
  return {
    async close() {
      await kept.close(config.drain);
      token?.close();
    },
  };
}
