import { Cluster, Redis } from 'ioredis';
import { createWarnOnce, type Logger } from '@sallyport/kit';
import {
  clusterOptions,
  connectionOptions,
  redisNodes,
  masterOptions,
  type RedisSessionsConfig,
} from './redis-options.ts';
import { subscribeRedis, type Subscription } from './subscribe-redis.ts';

/** A connection for commands, and a separate one for each subscription. */
export type RedisConnection = {
  client: Redis | Cluster;
  subscribe(channel: string, on: Subscription): () => void;
  close(): Promise<void>;
};

const firstWaitMs = 1000;

/** Logs that Redis cannot be reached, and that it is back, once per outage. */
function logOutages(client: Redis | Cluster, logger: Logger): void {
  const outage = createWarnOnce(logger, {
    failed: 'the session store cannot be reached',
    recovered: 'the session store is back',
  });
  let ended = false;
  const gone = (reason: string) => {
    if (!ended) outage.failed({ reason });
  };
  client.on('error', (error: Error) => gone(error.message));
  client.on('close', () => gone('the connection was closed'));
  client.on('ready', () => outage.recovered());
  client.on('end', () => void (ended = true));
}

/** Resolves when the client is ready or its first attempt has failed, so that a service starts without Redis. */
function firstAttempt(client: Redis | Cluster): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, firstWaitMs);
    for (const event of ['ready', 'error', 'close']) {
      client.once(event, () => {
        clearTimeout(timer);
        resolve();
      });
    }
  });
}

/**
 * Connects to a single Redis, a cluster, or the master that Sentinels name. Resolves within a second even if no node
 * answers, and keeps reconnecting.
 */
export async function connectRedis(
  config: RedisSessionsConfig,
  deps: { logger: Logger; resolvePath?: (file: string) => string },
): Promise<RedisConnection> {
  const options = connectionOptions(config, deps.resolvePath ?? ((file) => file));
  const nodes = redisNodes(config);
  const client =
    config.mode === 'cluster'
      ? new Cluster(nodes, clusterOptions(options))
      : new Redis({ ...options, ...masterOptions(config, options) });
  logOutages(client, deps.logger);
  const subscriptions = new Set<() => void>();

  // A cluster forwards published messages to all its nodes, so a plain connection to any of them is enough.
  const subscriber = (attempt: number) => {
    const where =
      config.mode === 'cluster'
        ? nodes[attempt % nodes.length]!
        : { ...masterOptions(config, options), sentinelRetryStrategy: () => null };
    return new Redis({
      ...options,
      ...where,
      enableAutoPipelining: false,
      autoResubscribe: false,
      retryStrategy: () => null,
      commandTimeout: 1000,
    });
  };

  await firstAttempt(client);
  return {
    client,
    subscribe(channel, on) {
      const stop = subscribeRedis(subscriber, channel, on);
      subscriptions.add(stop);
      return () => {
        subscriptions.delete(stop);
        stop();
      };
    },
    async close() {
      for (const stop of subscriptions) stop();
      client.disconnect();
    },
  };
}
