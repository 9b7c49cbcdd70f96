import { Redis, Cluster, type RedisOptions } from 'ioredis';
import { createWarnOnce, type Logger } from '@sallyport/kit';
import { createAskRedis, type AskRedis } from './ask-redis.ts';
import {
  retryDelay,
  clusterOptions,
  connectionOptions,
  defaultDeadlines,
  redisNodes,
  masterOptions,
  type RedisSessionsConfig,
} from './redis-options.ts';

export type Subscription = {
  message(text: string): void;
  /** The subscription is active. Earlier messages may have been missed. */
  established(): void;
};

const heartbeatMs = 2000;

/**
 * Keeps one connection subscribed to `channel`. Opens a new one, to the next node if there are several, whenever the
 * last one ends or no longer answers a ping. Returns a function that stops.
 */
function subscribeRedis(connect: (attempt: number) => Redis, channel: string, on: Subscription): () => void {
  let stopped = false;
  let failures = 0;
  let attempt = 0;
  let client: Redis;
  let timer: NodeJS.Timeout | undefined;

  const open = () => {
    const current = connect(attempt++);
    client = current;
    let heartbeat: NodeJS.Timeout | undefined;
    const giveUp = () => current.disconnect();
    // An error ends the connection, and `end` opens the next one.
    current.on('error', () => {});
    current.on('message', (_channel: string, text: string) => on.message(text));
    current.on('ready', () => {
      current.subscribe(channel).then(() => {
        if (stopped) return;
        failures = 0;
        heartbeat = setInterval(() => void current.ping().catch(giveUp), heartbeatMs);
        heartbeat.unref();
        on.established();
      }, giveUp);
    });
    current.on('end', () => {
      clearInterval(heartbeat);
      if (stopped) return;
      timer = setTimeout(open, retryDelay(++failures));
      timer.unref();
    });
  };

  open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    client.disconnect();
  };
}

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
  deps: { logger: Logger; resolvePath?: (file: string) => string },
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
    ask: createAskRedis(config.deadlines ?? defaultDeadlines),
    losses,
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
