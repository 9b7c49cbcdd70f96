import { readFileSync } from 'node:fs';
import type { ClusterOptions, RedisOptions } from 'ioredis';
import type { SessionsConfig } from '@sallyport/contracts';

export type RedisSessionsConfig = Extract<SessionsConfig, { redis: string }>;
export type RedisNode = { host: string; port: number };

/** Reads a `host:port` pair as `sessions.nodes` has it. */
function readNode(text: string, defaultPort: number): RedisNode {
  const url = new URL(`redis://${text}`);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? defaultPort : Number(url.port) };
}

/** The node in the URL first, then `nodes`: Redis itself, seeds of a cluster, or Sentinels. */
export function redisNodes(config: RedisSessionsConfig): RedisNode[] {
  const defaultPort = config.mode === 'sentinel' ? 26_379 : 6379;
  return [new URL(config.redis).host, ...config.nodes].map((node) => readNode(node, defaultPort));
}

/** Soon after Redis returns we are back: at most a second between two attempts. */
export const retryDelay = (times: number) => Math.min(100 * times, 1000);

function tlsOptions(config: RedisSessionsConfig, resolvePath: (file: string) => string): RedisOptions['tls'] {
  if (!config.redis.startsWith('rediss:')) return undefined;
  return config.caFile === undefined ? {} : { ca: readFileSync(resolvePath(config.caFile)) };
}

/**
 * What every connection has in common: commands fail fast while Redis is away instead of queueing up behind the outage.
 */
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
    commandTimeout: 300,
    connectTimeout: 1000,
    socketTimeout: 2000,
    keepAlive: 5000,
    enableAutoPipelining: true,
    retryStrategy: retryDelay,
    // A master that has become a replica refuses writes: reconnect, so that Sentinel names the new one.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  };
}

/** Where a client finds the master: the Sentinels, or the one node. */
export function whereabouts(config: RedisSessionsConfig, options: RedisOptions): RedisOptions {
  if (config.mode !== 'sentinel') return redisNodes(config)[0]!;
  return {
    sentinels: redisNodes(config),
    name: config.sentinel ?? 'mymaster',
    sentinelRetryStrategy: retryDelay,
    ...(options.tls ? { sentinelTLS: options.tls, enableTLSForSentinelMode: true } : {}),
  };
}

/** Options of a cluster client; node connections share the single client's. */
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
