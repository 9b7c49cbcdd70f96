import { Cluster, Redis } from 'ioredis';
import { createWarnOnce, type Logger } from '@sallyport/kit';
import {
  clusterOptions,
  connectionOptions,
  redisNodes,
  whereabouts,
  type RedisSessionsConfig,
} from './redis-options.ts';
import { subscribeRedis, type Subscription } from './subscribe-redis.ts';

/** A connection for commands, and one of its own for each subscription. */
export type RedisConnection = {
  client: Redis | Cluster;
  subscribe(channel: string, on: Subscription): () => void;
  close(): Promise<void>;
};

const firstWaitMs = 1000;

/** Says once that Redis is gone and once that it is back, not at every attempt. */
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

/**
 * Resolves when the client is ready, or when its first attempt failed: an absent Redis keeps no service from starting.
 */
function firstOutcome(client: Redis | Cluster): Promise<void> {
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
 * Connects to a single Redis, a cluster, or the master that Sentinels name. Resolves within a second even if none
 * answers; it comes back by itself.
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
      : new Redis({ ...options, ...whereabouts(config, options) });
  logOutages(client, deps.logger);
  const subscriptions = new Set<() => void>();

  // Every node of a cluster hears what is published on any other, so a plain connection to one of them is enough.
  const subscriber = (attempt: number) => {
    const where =
      config.mode === 'cluster'
        ? nodes[attempt % nodes.length]!
        : { ...whereabouts(config, options), sentinelRetryStrategy: () => null };
    return new Redis({
      ...options,
      ...where,
      enableAutoPipelining: false,
      autoResubscribe: false,
      retryStrategy: () => null,
      commandTimeout: 1000,
    });
  };

  await firstOutcome(client);
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
