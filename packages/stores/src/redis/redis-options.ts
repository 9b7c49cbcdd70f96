import { readFileSync } from 'node:fs';
import type { ClusterOptions, RedisOptions } from 'ioredis';
import type { SessionsConfig } from '@sallyport/contracts';
import type { RedisDeadlines } from './ask-redis.ts';

/** The section `sessions` of the configuration, for Redis. Only tests on a busy machine set other deadlines. */
export type RedisSessionsConfig = Extract<SessionsConfig, { redis: string }> & { deadlines?: RedisDeadlines };
type RedisNode = { host: string; port: number };

/** Parses a `host:port` pair of `sessions.nodes`. */
function readNode(text: string, defaultPort: number): RedisNode {
  const url = new URL(`redis://${text}`);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? defaultPort : Number(url.port) };
}

/** Returns the node in the URL, then `nodes`: Redis itself, seeds of a cluster, or Sentinels. */
export function redisNodes(config: RedisSessionsConfig): RedisNode[] {
  const defaultPort = config.mode === 'sentinel' ? 26_379 : 6379;
  return [new URL(config.redis).host, ...config.nodes].map((node) => readNode(node, defaultPort));
}

/** Returns the pause before the next attempt: at most a second, so that an outage ends soon after Redis returns. */
export const retryDelay = (times: number) => Math.min(100 * times, 1000);

function tlsOptions(config: RedisSessionsConfig, resolvePath: (file: string) => string): RedisOptions['tls'] {
  if (!config.redis.startsWith('rediss:')) return undefined;
  return config.caFile === undefined ? {} : { ca: readFileSync(resolvePath(config.caFile)) };
}

/** The deadlines of a connection that has no others. */
export const defaultDeadlines: RedisDeadlines = { commandMs: 300, questionMs: 800 };

/** Returns the options of every connection: commands fail fast while Redis is down instead of queueing. */
export function connectionOptions(config: RedisSessionsConfig, resolvePath: (file: string) => string): RedisOptions {
  const url = new URL(config.redis);
  const tls = tlsOptions(config, resolvePath);
  return {
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(config.mode === 'cluster' ? {} : { db: Number(url.pathname.slice(1)) || 0 }),
    ...(tls ? { tls } : {}),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: (config.deadlines ?? defaultDeadlines).commandMs,
    connectTimeout: 1000,
    socketTimeout: 2000,
    keepAlive: 5000,
    enableAutoPipelining: true,
    retryStrategy: retryDelay,
    // A master that became a replica refuses writes. Reconnecting makes Sentinel name the new master.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  };
}

/** Returns the options by which a client finds the master: the Sentinels, or the single node. */
export function masterOptions(config: RedisSessionsConfig, options: RedisOptions): RedisOptions {
  if (config.mode !== 'sentinel') return redisNodes(config)[0]!;
  return {
    sentinels: redisNodes(config),
    name: config.sentinel ?? 'mymaster',
    sentinelRetryStrategy: retryDelay,
    ...(options.tls ? { sentinelTLS: options.tls, enableTLSForSentinelMode: true } : {}),
  };
}

/** Returns the options of a cluster client, built from those of a single connection. */
export function clusterOptions(options: RedisOptions): ClusterOptions {
  const {
    retryStrategy: _retry,
    enableOfflineQueue: _queue,
    enableAutoPipelining: _pipelining,
    ...redisOptions
  } = options;
  return {
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    slotsRefreshTimeout: 1000,
    slotsRefreshInterval: 5000,
    clusterRetryStrategy: retryDelay,
    redisOptions,
  };
}
