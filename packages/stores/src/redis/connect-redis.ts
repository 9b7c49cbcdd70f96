import { Redis, Cluster, type RedisOptions } from 'ioredis';
import { createWarnOnce, type Logger } from '@sallyport/kit';
import { isConnectedTo } from './connected-to.ts';
import { createAskRedis, type AskRedis } from './ask-redis.ts';
import {
  clusterOptions,
  connectionOptions,
  defaultDeadlines,
  redisNodes,
  masterOptions,
  type RedisSessionsConfig,
} from './redis-options.ts';
import { watchFormat, type StoredFormat } from './stored-format.ts';
import { subscribeRedis, type Subscription } from './subscribe-redis.ts';
import { watchMaster } from './watch-master.ts';

/** A connection for commands, and a separate one for each subscription. */
export type RedisConnection = {
  client: Redis | Cluster;
  /** Runs commands of the client, with a deadline for all of them. */
  ask: AskRedis;
  subscribe(channel: string, on: Subscription): () => void;
  /** How often a connection to a server was lost. Who relies on one connection compares it before and after. */
  losses(): number;
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

/** Counts the connections that were lost, to any server of a cluster. */
function countLosses(client: Redis | Cluster): () => number {
  let losses = 0;
  const lost = () => void (losses += 1);
  client.on('close', lost);
  if (client instanceof Cluster) {
    client.on('+node', (node: Redis) => node.on('close', lost));
    client.on('-node', lost);
  }
  return () => losses;
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
 * answers, and keeps reconnecting. `more` overrides the options of its connections.
 */
export async function connectRedis(
  config: RedisSessionsConfig,
  deps: { logger: Logger; resolvePath?: (file: string) => string; format?: StoredFormat },
  more: RedisOptions = {},
): Promise<RedisConnection> {
  const options = { ...connectionOptions(config, deps.resolvePath ?? ((file) => file)), ...more };
  const nodes = redisNodes(config);
  const client =
    config.mode === 'cluster'
      ? new Cluster(nodes, clusterOptions(options))
      : new Redis({ ...options, ...masterOptions(config, options) });
  const losses = countLosses(client);
  logOutages(client, deps.logger);
  const { problem, checked } = watchFormat(client, {
    logger: deps.logger,
    ...(deps.format ? { own: deps.format } : {}),
  });
  const subscriptions = new Set<ReturnType<typeof subscribeRedis>>();
  const stopWatching = watchMaster(config, options, (address) => {
    if (client instanceof Redis && !isConnectedTo(client, address)) client.disconnect(true);
    for (const one of subscriptions) one.leave(address);
  });

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
  await checked();
  return {
    client,
    ask: createAskRedis(config.deadlines ?? defaultDeadlines, problem),
    losses,
    subscribe(channel, on) {
      const one = subscribeRedis(subscriber, channel, on);
      subscriptions.add(one);
      return () => {
        subscriptions.delete(one);
        one.stop();
      };
    },
    async close() {
      stopWatching();
      for (const one of subscriptions) one.stop();
      client.disconnect();
    },
  };
}
