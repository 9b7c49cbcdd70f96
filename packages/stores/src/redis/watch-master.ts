import { Redis, type RedisOptions } from 'ioredis';
import { redisNodes, type RedisSessionsConfig } from './redis-options.ts';
import { subscribeRedis } from './subscribe-redis.ts';

/**
 * Calls back with the address of the new master (`host:port`) whenever a Sentinel says that it was replaced. A master that
 * was cut off from the others does not know that, so its clients must leave it: it answers with sessions that have ended
 * since, and takes writes that are lost. Does nothing without Sentinels. Returns a function that stops.
 */
export function watchMaster(
  config: RedisSessionsConfig,
  { tls, connectTimeout, socketTimeout, keepAlive }: RedisOptions,
  replaced: (address: string) => void,
): () => void {
  if (config.mode !== 'sentinel') return () => {};
  const name = config.sentinel ?? 'mymaster';
  const options = { ...(tls && { tls }), connectTimeout, socketTimeout, keepAlive };
  const watches = redisNodes(config).map((node) =>
    subscribeRedis(
      () =>
        new Redis({
          ...options,
          ...node,
          enableOfflineQueue: false,
          enableReadyCheck: false,
          autoResubscribe: false,
          retryStrategy: () => null,
          commandTimeout: 1000,
        }),
      '+switch-master',
      {
        // "<name> <old address> <old port> <new address> <new port>"
        message(text) {
          const [of, , , host, port] = text.split(' ');
          if (of === name) replaced(`${host}:${port}`);
        },
        established() {},
      },
    ),
  );
  return () => {
    for (const one of watches) one.stop();
  };
}
